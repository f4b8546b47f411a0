// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.output.Output;
import org.tidemark.config.ConfigurationException;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonText;
import org.tidemark.core.UserFacingException;
import org.tidemark.view.Json;

/**
 * {@code --cluster all}: the command runs for each configured cluster in turn, even after a failure, and ends with the
 * highest status. Texts follow each other, each after a line on stderr that names the cluster; JSON is one document:
 * {@code {"formatVersion": 1, "clusters": [{"cluster": ..., "status": ..., "document": ...}, ...]}}, in which a failed
 * cluster has an {@code error} instead of a document.
 */
public final class EachCluster {
    private static final Set<String> COMMANDS = Set.of(
            "backup", "check", "verify", "sync", "list-backup", "retention", "expire", "status", "pause", "resume");

    /** Those that go on although something in the configuration is wrong. */
    private static final Set<String> DESPITE_PROBLEMS = Set.of("check", "list-backup", "status");

    private final CommandContext context;
    private final GlobalOptions global;

    private record View(List<Entry> clusters) {
        /** @param document the members of the command's own document */
        record Entry(
                ClusterName cluster,
                int status,
                Optional<Map<String, @Nullable Object>> document,
                Optional<Failure> error) {}

        record Failure(String message, String hint) {}
    }

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
                    DESPITE_PROBLEMS.contains(command) ? loader.clustersDespiteProblems(global.config()) : Set.of();
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
        List<View.Entry> entries = new ArrayList<>();
        int worst = 0;
        for (ClusterName cluster : clusters) {
            var document = new AtomicReference<Optional<Map<String, @Nullable Object>>>(Optional.empty());
            var error = new AtomicReference<Optional<View.Failure>>(Optional.empty());
            global.takeTurn(cluster, result -> document.set(Optional.of(result)));
            Output output = global.output(context);
            output.title("cluster '" + cluster + "':");
            int status = run.once(failure ->
                    error.set(Optional.of(new View.Failure(failure.getMessage(), output.complete(failure.hint())))));
            entries.add(new View.Entry(cluster, status, document.get(), error.get()));
            worst = Math.max(worst, status);
            if (status == ExitCode.INTERRUPTED.status()) {
                break;
            }
        }
        if (global.isJson()) {
            context.data().println(JsonText.pretty(new Json(UnaryOperator.identity()).document(new View(entries))));
        }
        return worst;
    }
}
