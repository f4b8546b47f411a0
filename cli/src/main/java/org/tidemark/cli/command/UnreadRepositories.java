// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.List;
import java.util.Optional;
import org.tidemark.cli.output.Json;
import org.tidemark.cli.output.Json.Inline;
import org.tidemark.cli.output.Output;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.RepositoryReadings;

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

    /** One of them in JSON. */
    record Unread(String repository, @Inline FailureView failure) {}

    /** All of them in JSON; empty if there are none. */
    static Optional<List<Unread>> views(RepositoryReadings readings) {
        return Optional.of(Json.list(readings.failures(), (name, why) -> new Unread(name, FailureView.of(why))))
                .filter(views -> !views.isEmpty());
    }
}
