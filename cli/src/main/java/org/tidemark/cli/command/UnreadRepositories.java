// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import org.tidemark.cli.output.Output;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.RepositoryReadings;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** What commands print of the repositories that they could not read. */
final class UnreadRepositories {
    private UnreadRepositories() {}

    /**
     * Warns of each.
     *
     * @throws UserFacingException if none could be read
     */
    static void warn(Output output, RepositoryReadings readings) {
        readings.warnings().forEach(output::tell);
        readings.requireOne();
    }

    /** Adds them to a document, where there are any. */
    static void describe(ObjectNode document, RepositoryReadings readings) {
        if (readings.failures().isEmpty()) {
            return;
        }
        ArrayNode array = document.putArray("unreadable");
        readings.failures()
                .forEach((name, failure) -> array.addObject()
                        .put("repository", name)
                        .put("status", failure.exitCode().status())
                        .put("message", failure.getMessage())
                        .put("hint", failure.hint()));
    }
}
