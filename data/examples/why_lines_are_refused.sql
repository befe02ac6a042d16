-- Why do log lines not count, how many of how many, and since when?
select
    refused.log,
    refused.reason,
    refused.field,
    refused.lines,
    refused.log_lines,
    refused.quarantined_share,
    totals.first_landed_on,
    totals.last_landed_on
from refused_lines() as refused
inner join audit.quarantine_totals as totals
    on
        refused.log = totals.log
        and refused.reason = totals.reason
        and refused.field is not distinct from totals.field
order by refused.lines desc, refused.log asc, refused.reason asc, refused.field asc;
