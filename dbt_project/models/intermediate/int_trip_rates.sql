with

trips as (

    select * from {{ ref('int_trip_places') }}

),

vehicle_classes as (

    select * from {{ ref('dim_vehicle_class') }}

),

fuel_prices as (

    select * from {{ ref('int_fuel_prices') }}

),

mileage_rates as (

    select * from {{ source('reference', 'mileage_rates') }}

),

tax_rates as (

    select * from {{ source('reference', 'tax_mileage_rates') }}

),

minimum_wages as (

    select * from {{ source('reference', 'minimum_wages') }}

),

rates as (

    select
        trips.trip_id,
        prices.usd_per_unit as gas_price_usd,
        prices.is_imputed as is_fuel_price_imputed,
        first_prices.usd_per_unit as constant_gas_price_usd,
        mileage_rates.maintenance_usd_per_mile,
        mileage_rates.depreciation_usd_per_mile,
        tax_rates.usd_per_mile as tax_usd_per_mile,
        minimum_wages.usd_per_hour as minimum_wage_usd,
        -- Gallons or kilowatt-hours per mile, whichever the class runs on.
        case
            when vehicle_classes.fuel_type = 'electric' then vehicle_classes.kwh_per_100_miles / 100
            else 1 / vehicle_classes.miles_per_gallon
        end as fuel_units_per_mile
    from trips
    left join vehicle_classes on trips.vehicle_class = vehicle_classes.vehicle_class
    left join fuel_prices as prices
        on
            trips.fuel_area = prices.fuel_area
            and trips.trip_date = prices.trip_date
            and vehicle_classes.fuel_type = prices.fuel_type
    left join fuel_prices as first_prices
        on
            trips.fuel_area = first_prices.fuel_area
            and trips.first_trip_date = first_prices.trip_date
            and vehicle_classes.fuel_type = first_prices.fuel_type
    left join mileage_rates
        on
            trips.vehicle_class = mileage_rates.vehicle_class
            and trips.trip_date between mileage_rates.valid_from and mileage_rates.valid_to
    left join tax_rates on trips.trip_date between tax_rates.valid_from and tax_rates.valid_to
    left join minimum_wages
        on
            trips.state = minimum_wages.state
            and trips.trip_date between minimum_wages.valid_from and minimum_wages.valid_to

)

select * from rates
