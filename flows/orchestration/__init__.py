"""When and where do stages run? A whole run in one process, the same under Prefect, and on a schedule.

Only this wing imports prefect; tasks pass roots and names, never tables.

Doors: `whole` for one process, `flows` under Prefect, `deploy` on a schedule.
"""
