// SPDX-License-Identifier: Apache-2.0
/**
 * The configuration: sources (files, variables, options) give a flat list of settings, each with its origin, and the
 * list gives records. The two halves are independent, so that a WAL command can take the list from a cache instead of
 * the TOML parser.
 */
package org.tidemark.config;
