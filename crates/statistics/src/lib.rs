//! The statistics the program judges itself by: penalised fits of intensities, proper scores,
//! calibration, skill and its power (model.md sections 3 and 6). Pure numbers in, numbers out.
