"""One module per page with TITLE, QUERY (named SELECTs) and SECTIONS: a new file is a new page and menu entry.

Belongs here: what a page selects, shows and says. Does not belong here: computing a metric (`dbt_project`), drawing
(`dashboards/site`).
"""
