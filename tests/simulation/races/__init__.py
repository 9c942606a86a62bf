"""A hold against a deletion, twenty thousand times: custody's own C1 and C3 from two processes on real Postgres."""
