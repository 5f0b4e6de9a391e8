"""A lawful toy family, and for every law families that break it: what the checker itself is tested with."""
