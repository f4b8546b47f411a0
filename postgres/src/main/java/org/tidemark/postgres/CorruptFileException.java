// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;

/**
 * A file of PostgreSQL's does not hold what a file of its name must hold. The message names the file and what is wrong.
 */
public final class CorruptFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final String file;

    /**
     * Names a file and its problem.
     *
     * @param file the file's name, for people
     * @param problem what is wrong, in lower case
     */
    public CorruptFileException(String file, String problem) {
        super("'" + file + "': " + problem);
        this.file = file;
    }

    /** The file's name, as the reader was given it. */
    public String file() {
        return file;
    }
}
