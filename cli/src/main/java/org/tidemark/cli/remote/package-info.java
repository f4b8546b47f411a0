/** A command that runs on another host, by the Tidemark there. */
@NullMarked
package org.tidemark.cli.remote;

import org.jspecify.annotations.NullMarked;
