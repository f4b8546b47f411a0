// SPDX-License-Identifier: Apache-2.0
package org.tidemark.restore;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tidemark.restore.host.FileOwner;

/** What a restore expects of a host. */
final class Hosts {
    private static final int NOBODY = 65534;

    private Hosts() {}

    /** PostgreSQL does not run as root, so a test that does gives its directories away; any other owns them already. */
    static void giveToOrdinaryUser(Path directory) throws IOException {
        if (FileOwner.current().uid() == 0) {
            Files.setAttribute(directory, "unix:uid", NOBODY);
            Files.setAttribute(directory, "unix:gid", NOBODY);
        }
    }
}
