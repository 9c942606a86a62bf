"""Access owns what may forbid a deletion or open footage: requests, holds, grants, views, policy versions."""
