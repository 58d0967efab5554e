//! Any bytes as a template and as the body that it reads.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| apigateway_vtl::fuzzing::render_any(data));
