// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.sync;

import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.core.CopyableCommand;

/** How to copy to one repository what another one has. */
public final class CopyAdvice {
    private CopyAdvice() {}

    /**
     * A sentence for the operator, with the command. It names both repositories, since sync without names copies
     * nothing between repositories with different recipients.
     */
    public static String of(String source, ClusterArchive from, String target, ClusterArchive to) {
        return acceptsOnlyEncrypted(to) && !acceptsOnlyEncrypted(from)
                ? "'" + target + "' takes only encrypted objects, but those of '" + source + "' are not encrypted,"
                        + " so they cannot be copied. Take a new backup with: tidemark backup"
                : "Copy what is missing with: " + CopyableCommand.of("sync", source, target, "--quick");
    }

    private static boolean acceptsOnlyEncrypted(ClusterArchive archive) {
        return archive.repository().accepts() == WritePolicy.ENCRYPTED_ONLY;
    }
}
