-- One row per delivery: the log has one line per item, some of them twice. Whom it was for and what was bought is
-- left behind here. Lines of one delivery that disagree would stay several and show as conflicts.
--
-- The log's clock is New York's, without zone. A stamp in the hour that November repeats is read as the earlier one.
with deliveries as (
    select distinct
        delivery_id,
        jumpman_id,
        vehicle_type,
        trim(pickup_place) as place,
        max(place_category) over (partition by trim(pickup_place)) as category,
        round(cast(dropoff_lat as double), 2) as dropoff_latitude,
        round(cast(dropoff_lon as double), 2) as dropoff_longitude,
        cast(when_the_delivery_started as timestamp) as local_start,
        cast(when_the_jumpman_arrived_at_pickup as timestamp) as local_arrival,
        cast(when_the_jumpman_left_pickup as timestamp) as local_departure,
        cast(when_the_jumpman_arrived_at_dropoff as timestamp) as local_dropoff
    from input
)

select
    * exclude (vehicle_type, category),
    instant(local_start, 'America/New_York') as started_at,
    instant(local_arrival, 'America/New_York') as arrived_at_pickup_at,
    instant(local_departure, 'America/New_York') as departed_pickup_at,
    instant(local_dropoff, 'America/New_York') as arrived_at_dropoff_at,
    case
        when vehicle_type in ('bicycle', 'walker', 'car', 'motorcycle', 'van') then vehicle_type
        when vehicle_type = 'scooter' then 'motorcycle'
        when vehicle_type = 'truck' then 'van'
        else 'unknown'
    end as vehicle_class,
    case
        when
            category in (
                'Art Store', 'Beauty Supply', 'Book Store', 'Clothing', 'Convenience Store', 'Department Store',
                'Drug Store', 'Electronics Store', 'Kids & Baby', 'Office Supplies Store', 'Pet Supplies Store', 'Shop',
                'Specialty Store'
            )
            then 'new_york_retail'
        when category = 'Grocery Store' then 'new_york_grocery'
        when category is not null then 'new_york_other'
        -- Where the log does not say what the place is, the name must.
        when
            regexp_matches(
                place,
                'grocery|supermarket|natural (market|foods)|food emporium|citarella|fairway|gourmet garage'
                || '|dean & deluca|union market|westside market|western beef|agata & valentina|m2m mart|kalustyan',
                'i'
            )
            then 'new_york_grocery'
        when
            regexp_matches(
                place,
                'cvs|rite aid|duane reade|pharmacy|chemists|home depot|ace hardware|best buy|apple store|b&h photo'
                || '|t-mobile|p\.c\. richard|barnes & noble|staples|michaels|party city|guitar center|container store'
                || '|petco|gnc|bluemercury|body shop|modell|new balance|j\.crew|barneys|saks|intermix|calvin klein'
                || '|reiss|rag & bone|tumi|ricky''s|nespresso|scoop nyc|wines?\b|liquor|cellars|vintners|smoke shop'
                || '|cigar|tobacco|photo\b',
                'i'
            )
            then 'new_york_retail'
        else 'new_york_other'
    end as site_id
from deliveries
