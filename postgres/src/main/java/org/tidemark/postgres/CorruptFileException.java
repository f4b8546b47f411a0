// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;

/**
 * A file of PostgreSQL does not have the content that its name requires. The message names the file and the problem.
 */
public final class CorruptFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;

    /**
     * Names a file and its problem.
     *
     * @param file the file's name, for messages
     * @param problem the problem, in lower case
     */
    public CorruptFileException(String file, String problem) {
        super("'" + file + "': " + problem);
        this.file = file;
    }

    /** The file's name, as the caller of the parser gave it. */
    public String file() {
        return file;
    }
}
