/**
 * Where the files of a base backup come from: PostgreSQL's own stream, or its host's files. It sees no other package of
 * this module.
 */
@NullMarked
package org.tidemark.backup.source;

import org.jspecify.annotations.NullMarked;
