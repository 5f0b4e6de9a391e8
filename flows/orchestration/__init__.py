"""When and where do stages run? A whole run in one process, the same under Prefect, and on a schedule.

Start in `whole`. Only this wing imports prefect; tasks pass roots and names, never tables.
"""
