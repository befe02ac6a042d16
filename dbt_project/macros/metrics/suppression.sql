{#- Complementary suppression: what a reader could compute by subtraction is withheld as well. -#}

{#-
The sums a reader can set up between cells, each named by what its members share. Members are one total and its parts:
all markets and each market; all offer types and each; a week and its days; the whole and its weeks.
A cell that has no part in a sum (a day in whole = weeks, the whole in week = days) is alone in it, which is harmless.
-#}
{% macro sums_between_cells() -%}
    {{ return([
        'grain, period_start, offer_type',
        'grain, period_start, market_id',
        'market_id, offer_type, case when grain <> \'all\' then ' ~ week_start('period_start') ~ ' end',
        'market_id, offer_type, case when grain = \'day\' then period_start end',
    ]) }}
{%- endmacro %}

{#-
One round: wherever a sum has exactly one withheld member, its smallest other member is withheld too.
`cells` has the keys of a cell, `hours` and `is_withheld`.
-#}
{% macro withhold_solvable(cells) -%}
    select
        {{ cell_keys() }},
        hours,
        is_withheld
    {%- for members in sums_between_cells() %}
        or (
            sum(case when is_withheld then 1 else 0 end) over (partition by {{ members }}) = 1
            and row_number() over (partition by {{ members }}, is_withheld order by hours, {{ cell_keys() }}) = 1
        )
    {%- endfor %} as is_withheld
    from {{ cells }}
{%- endmacro %}


{#- The sums with exactly one withheld member among several: it is the total less the others. One row each. -#}
{% macro solvable_sums(cells) -%}
    {%- for members in sums_between_cells() %}
        select
            {{ loop.index }} as kind_of_sum,
            min(period_start) as first_period,
            min(market_id) as first_market,
            min(offer_type) as first_offer_type
        from {{ cells }}
        group by {{ members }}
        having count(*) > 1 and sum(case when is_withheld then 1 else 0 end) = 1
        {{ 'union all' if not loop.last }}
    {%- endfor %}
{%- endmacro %}
