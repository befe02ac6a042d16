-- A line that no class claims is lost in silence; one that two classes claim counts twice.
select *
from {{ ref('logs') }}
where accepted <> current + superseded + duplicates + conflicts + retracted + after_cut
