// SPDX-License-Identifier: Apache-2.0
package org.tidemark.postgres;

import java.io.IOException;
import org.tidemark.core.SystemIdentifier;

/** A control file with an unknown layout. Its first two fields have the same position in all versions. */
public final class UnknownControlFileException extends IOException {
    private static final long serialVersionUID = 1L;

    private final long system;
    private final int version;

    UnknownControlFileException(String file, SystemIdentifier system, int version) {
        super("'" + file + "' is of an unknown version: pg_control_version " + version
                + " (known: 1300, 1700 and 1800, PostgreSQL 13 to 18), system identifier " + system);
        this.system = system.value();
        this.version = version;
    }

    public SystemIdentifier system() {
        return new SystemIdentifier(system);
    }

    /** The field {@code pg_control_version}, such as 1900. */
    public int version() {
        return version;
    }
}
