// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.tidemark.config.ClusterSettings;
import org.tidemark.core.Finding;
import org.tidemark.server.ServerDirectory;

/** Whether the configured data directory is the one of the server that answers. */
final class DataDirectoryCheck {
    private DataDirectoryCheck() {}

    /**
     * Compares them.
     *
     * @param ofServer what the server says; empty if it does not answer, or the role may not see it
     * @param started when the server was started
     */
    static List<Finding> of(ClusterSettings cluster, Optional<Path> ofServer, Optional<Instant> started) {
        if (cluster.dataDirectory().isEmpty()) {
            return List.of();
        }
        Path configured = cluster.dataDirectory().get();
        String key = "cluster." + cluster.name() + ".data-directory";
        boolean named = ofServer.filter(configured::equals).isPresent();
        if (Files.notExists(configured)) {
            return List.of(
                    named
                            ? Subject.DATA_DIRECTORY.ok("the server's data directory is on another host")
                            : Subject.DATA_DIRECTORY.critical(
                                    key + " is '" + configured + "', and there is no such directory"
                                            + ofServer.map(path -> "; the server's is '" + path + "'")
                                                    .orElse(""),
                                    "Correct " + key + " in the configuration; see it with: tidemark config"));
        }
        if (ofServer.isEmpty()) {
            return List.of();
        }
        if (ServerDirectory.is(configured, ofServer.get(), started)) {
            return List.of(Subject.DATA_DIRECTORY.ok("'" + configured + "' is the server's"));
        }
        return List.of(Subject.DATA_DIRECTORY.critical(
                key + " is '" + configured + "', but the server that answers runs in '" + ofServer.get() + "'",
                "Correct " + key + " or cluster." + cluster.name() + ".conninfo in the configuration"));
    }
}
