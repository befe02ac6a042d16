with

vehicle_classes as (

    select * from {{ source('reference', 'vehicle_classes') }}

)

select
    vehicle_class,
    fuel_type,
    miles_per_gallon,
    kwh_per_100_miles,
    source
from vehicle_classes
