/**
 * The configuration of a server outside of its data directory: found by PostgreSQL's rules, on its host or over SQL. It
 * sees no other package of this module.
 */
@NullMarked
package org.tidemark.backup.configuration;

import org.jspecify.annotations.NullMarked;
