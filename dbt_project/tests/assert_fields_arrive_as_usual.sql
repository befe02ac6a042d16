{{ config(severity='warn') }}
-- Upstream drops a field, and everything made of it thins out without any line being wrong; or it adds one that no
-- contract knows. A warning: the lines that came are good.
{{ off_lately("measure in ('field', 'unknown_field')") }}
