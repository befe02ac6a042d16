{#- What keeps a reader of `pilot_readout` from reading too much into a row. -#}

{% macro readout_note_of_market() -%}
    case
        when retail_denominator = 0 then 'No retail to compare.'
        when markets = 0 then 'Only retail: nothing to compare with in this market.'
        when difference_low is null
            then 'Too few ' || case when is_by_driver then 'drivers' else 'weeks' end || ' on one side: no interval.'
        else {{ readout_note_of_comparison() }}
    end
{%- endmacro %}

{#- Which way it goes against each offer type alone; where that differs, the pooled baseline decides by its mix. -#}
{% macro readout_note_of_comparison() -%}
    case
        when least_difference < 0 and greatest_difference > 0
            then 'It depends on what retail is compared with: below ' || least_difference_offer_type || ', above '
                || greatest_difference_offer_type || ' (least_difference, greatest_difference).'
        else 'Offer types differ in more than the site; what they differ in is in the difference.'
    end
{%- endmacro %}

{#-
With k markets as clusters a sign-flip test has 2^k outcomes, so its two-sided p cannot fall below 2 / 2^k: with four,
0.125. Of 14 looks at an interval of 95 % at least one is a false alarm in 22 of 100 pilots without any effect (looks at
growing data; Armitage, McPherson and Rowe 1969 have 10 looks at 19 % and 20 at 25 %).
-#}
{% macro readout_note_overall() -%}
    case
        when markets = 0 then 'No market has both retail and other offers.'
        else
            'Within ' || markets || case when markets = 1 then ' market' else ' markets' end
            || ', each by its retail work. '
            || case
                when markets <= 10
                    then 'A test over whole markets could not reach p < ' || {{ ratio(2, 'power(2, markets)') }} || ', so no'
                else 'No'
            end
            || ' significance is claimed. ' || {{ readout_note_of_comparison() }}
            || case
                when weeks > 1 then ' Looking every week (' || weeks
                || ' so far) finds more false differences than 1 in 20: with 14 looks 22 %.'
                else ''
            end
    end
{%- endmacro %}
