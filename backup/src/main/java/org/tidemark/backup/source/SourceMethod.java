// SPDX-License-Identifier: Apache-2.0
package org.tidemark.backup.source;

import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;

/** How the files of a cluster are read. */
public enum SourceMethod {
    /** {@link #LOCAL} if possible, otherwise {@link #SSH} if another host is named, otherwise {@link #STREAM}. */
    AUTO,
    /** PostgreSQL sends them (BASE_BACKUP). */
    STREAM,
    /** This program reads them on PostgreSQL's host, with several threads. */
    LOCAL,
    /** This program reads them on PostgreSQL's host by SFTP, over several connections. */
    SSH;

    /** The method of that name, in lower case. */
    public static Optional<SourceMethod> of(String name) {
        return Stream.of(values()).filter(each -> each.toString().equals(name)).findFirst();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
