// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import org.tidemark.cli.output.Output;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.RepositoryReadings;

/** What commands print of the repositories that they could not read. */
public final class UnreadRepositories {
    private UnreadRepositories() {}

    /**
     * Warns of each.
     *
     * @throws UserFacingException if none could be read
     */
    public static void warn(Output output, RepositoryReadings readings) {
        readings.warnings().forEach(output::tell);
        readings.requireOne();
    }
}
