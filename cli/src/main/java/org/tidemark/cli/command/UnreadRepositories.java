// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import org.tidemark.cli.output.Document;
import org.tidemark.cli.output.Output;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.RepositoryReadings;

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
    static void describe(Document document, RepositoryReadings readings) {
        if (!readings.failures().isEmpty()) {
            document.list("unreadable", readings.failures().entrySet())
                    .each(failure -> new Document()
                            .put("repository", failure.getKey())
                            .put("status", failure.getValue().exitCode().status())
                            .put("message", failure.getValue().getMessage())
                            .put("hint", failure.getValue().hint()));
        }
    }
}
