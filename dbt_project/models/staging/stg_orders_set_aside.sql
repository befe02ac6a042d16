{{ config(materialized='table') }}

{{ set_aside_lines('orders') }}
