// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.tidemark.cli.output.Document;
import org.tidemark.config.ConfigurationException;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;

/**
 * {@code --cluster all}: the command runs for each configured cluster in turn, even after a failure, and ends with the
 * highest status. Texts follow each other, each after a line on stderr that names the cluster; JSON is one document:
 * {@code {"formatVersion": 1, "clusters": [{"cluster": ..., "status": ..., "document": ...}, ...]}}, in which a failed
 * cluster has an {@code error} instead of a document.
 */
public final class EachCluster {
    private static final Set<String> COMMANDS =
            Set.of("backup", "check", "verify", "sync", "list-backup", "retention", "expire", "status");

    private final CommandContext context;
    private final GlobalOptions global;

    private EachCluster(CommandContext context, GlobalOptions global) {
        this.context = context;
        this.global = global;
    }

    /** One run of the command: returns its status, and reports its failure itself. */
    public interface Run {
        /**
         * Runs the command for the cluster that its options now name.
         *
         * @param failed receives the failure, if it failed
         */
        int once(Consumer<UserFacingException> failed);
    }

    /** Runs the command for each cluster if it accepts {@code --cluster all} and got it, otherwise once. */
    static int run(CommandContext context, GlobalOptions global, String command, boolean nagios, Run run) {
        return global.isForAll() && COMMANDS.contains(command) && !nagios
                ? new EachCluster(context, global).each(command, run)
                : run.once(failure -> {});
    }

    private Set<ClusterName> clusters(String command) {
        ConfigurationLoader loader = new ConfigurationLoader(context.environment(), context.clock());
        try {
            return loader.load(global.config(), global.settings())
                    .configuration()
                    .clusters()
                    .keySet();
        } catch (ConfigurationException e) {
            Set<ClusterName> known =
                    command.equals("check") ? loader.clustersDespiteProblems(global.config()) : Set.of();
            if (known.isEmpty()) {
                throw e;
            }
            return known;
        }
    }

    private int each(String command, Run run) {
        Set<ClusterName> clusters = clusters(command);
        if (clusters.isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "no cluster is configured",
                    "Write a configuration with: tidemark init --url URL --conninfo TEXT");
        }
        List<Document> entries = new ArrayList<>();
        int worst = 0;
        for (ClusterName cluster : clusters) {
            Document entry = new Document().put("cluster", cluster.value()).put("status", 0);
            entries.add(entry);
            global.takeTurn(cluster, result -> entry.put("document", result));
            global.output(context).title("cluster '" + cluster + "':");
            int status = run.once(failure -> entry.put(
                    "error",
                    new Document()
                            .put("message", failure.getMessage())
                            .put("hint", global.output(context).complete(failure.hint()))));
            entry.put("status", status);
            worst = Math.max(worst, status);
            if (status == ExitCode.INTERRUPTED.status()) {
                break;
            }
        }
        if (global.isJson()) {
            context.data().println(Document.versioned().put("clusters", entries));
        }
        return worst;
    }
}
