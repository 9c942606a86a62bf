"""Everything that opens footage: it runs in a process of its own, because a hostile file must not reach ours."""
