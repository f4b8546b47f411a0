// SPDX-License-Identifier: Apache-2.0
package org.tidemark.view;

import java.util.List;
import java.util.Optional;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.view.Json.Inline;

/** A repository that could not be read, in JSON. */
public record UnreadView(String repository, @Inline FailureView failure) {
    /** All of them; empty if there are none. */
    public static Optional<List<UnreadView>> of(RepositoryReadings readings) {
        return Optional.of(Json.list(readings.failures(), (name, why) -> new UnreadView(name, FailureView.of(why))))
                .filter(views -> !views.isEmpty());
    }
}
