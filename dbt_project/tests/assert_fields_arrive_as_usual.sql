{{ config(severity='warn') }}
-- Upstream drops a field, and everything made of it thins out without any line being wrong; or it adds one that no
-- contract knows. A warning: the lines that came are good.
select
    log,
    landed_on,
    measure,
    event_type,
    name,
    lines,
    found,
    found_share,
    usual_share,
    usual_share_low,
    usual_share_high
from {{ ref('drift') }}
where is_beyond and is_latest and measure in ('field', 'unknown_field')
order by landed_on desc, log asc, event_type asc, name asc
