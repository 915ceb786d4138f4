-- Which photos visits name is kept in `photo_use` (0014): plausibility reads it there.
DROP TABLE visit_photo;
