//! The one integration test binary: each module tests a subject, through HTTP and the simulators.

mod agents;
mod api_keys;
mod bad_input;
mod basics;
mod command_line;
mod contract;
mod conversation_actions;
mod cut_connections;
mod document;
mod end_to_end;
mod faults;
mod furnished;
mod handshake;
mod identity;
mod kill;
mod knowledge;
mod late_echo;
<<<<<<< HEAD
mod live;
=======
mod mail;
>>>>>>> 558f869 (Tests of mail, password links, API keys and the platform's pages; docs/mail.md)
mod members;
mod model_failures;
mod openapi;
mod outage;
mod passwords;
mod pipeline;
mod platform_admin;
mod program;
mod reset;
mod samples;
mod schema;
mod secrets;
mod shutdown;
mod signatures;
mod social_accounts;
mod tenancy;
