with

trips as (

    select * from {{ ref('int_trip_places') }}

),

prices as (

    select * from {{ source('reference', 'fuel_prices') }}

),

days as (

    select distinct
        fuel_area,
        trip_date
    from trips

),

candidates as (

    select
        days.fuel_area,
        days.trip_date,
        prices.fuel_type,
        prices.week_starting_on,
        prices.usd_per_unit,
        {{ days_between('prices.week_starting_on', 'days.trip_date') }} as age_days,
        case when prices.fuel_type = 'electric' then 400 else 14 end as greatest_age_days
    from days
    inner join prices on days.fuel_area = prices.fuel_area

),

-- A price of the last 14 (400) days goes first, the latest of them before all; without one, the nearest on either side.
chosen as (

    select
        fuel_area,
        fuel_type,
        trip_date,
        usd_per_unit,
        age_days not between 0 and greatest_age_days as is_imputed
    from candidates
    qualify row_number() over (
        partition by fuel_area, fuel_type, trip_date
        order by
            case when age_days between 0 and greatest_age_days then 0 else 1 end,
            abs(age_days),
            week_starting_on
    ) = 1

)

select * from chosen
