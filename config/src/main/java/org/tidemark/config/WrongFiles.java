// SPDX-License-Identifier: Apache-2.0
package org.tidemark.config;

import java.time.Instant;
import java.util.Optional;
import org.tidemark.core.ClusterName;
import org.tidemark.core.UtcTime;

/**
 * The problems of the configuration files while a command goes on. Immutable.
 *
 * @param since when the files that have a problem were last changed; empty if only variables have one
 * @param earlier when the settings were written that are used in place of the present ones; empty if what is wrong does
 *     not concern the cluster
 * @param acknowledge the present value, where it is greater than the earlier one, and holds therefore
 */
public record WrongFiles(
        ConfigurationException problem,
        Optional<Instant> since,
        Optional<Instant> earlier,
        Optional<String> acknowledge) {

    /** The warning of a command that archives. */
    public String warning(ClusterName cluster) {
        return problem.getMessage() + "\n  " + consequence(cluster);
    }

    /** The warning of a command that only reads repositories. */
    public String warningOfReader(ClusterName cluster) {
        return problem.getMessage() + "\n  "
                + earlier.map(time -> "this command takes the last valid settings of cluster '" + cluster + "', of "
                                + UtcTime.seconds(time))
                        .orElse("this command goes on, since the settings of cluster '" + cluster + "' are valid");
    }

    /** In one line, of a cluster that archives. */
    public String summary(ClusterName cluster) {
        return since.map(time -> "since " + UtcTime.seconds(time) + " ").orElse("") + "the configuration has "
                + (problem.problems().size() == 1
                        ? "a problem"
                        : problem.problems().size() + " problems")
                + ": " + String.join("; ", problem.problems()) + "; " + consequence(cluster);
    }

    private String consequence(ClusterName cluster) {
        return earlier.map(time -> "archiving of cluster '" + cluster + "' goes on with its last valid settings, of "
                        + UtcTime.seconds(time)
                        + acknowledge
                                .map(value -> "; but of the two values of 'acknowledge' the greater holds: " + value)
                                .orElse(""))
                .orElse("archiving of cluster '" + cluster + "' goes on, since its own settings are valid");
    }
}
