/** Where the files of a base backup come from: PostgreSQL's own stream, or its host's files. */
@NullMarked
package org.tidemark.backup.source;

import org.jspecify.annotations.NullMarked;
