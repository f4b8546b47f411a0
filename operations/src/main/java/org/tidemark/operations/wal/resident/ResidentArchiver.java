// SPDX-License-Identifier: Apache-2.0
package org.tidemark.operations.wal.resident;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationException;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.ConfigurationLoader.EffectiveConfiguration;
import org.tidemark.config.ConfigurationLoader.Wanted;
import org.tidemark.config.Environment;
import org.tidemark.config.FileStamp;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.SystemUser;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.service.ServiceManager;

/**
 * A process that archives segments as soon as they are ready, so that wal-push finds its work done
 * (docs/adr/0034-resident-archiver.md). Not thread-safe, but for {@link #reload}.
 */
public final class ResidentArchiver {
    /** How long a stop waits for what is under way. */
    static final Duration TO_FINISH = Duration.ofSeconds(10);

    private static final Duration TURN = Duration.ofMillis(500);
    private static final Duration SILENT = Duration.ofMinutes(1);

    private final Environment environment;
    private final Optional<Path> file;
    private final List<ClusterName> names;
    private final Observer observer;
    private final PrintStream warnings;
    private final Clock clock;
    private final ServiceManager manager;
    private final AtomicBoolean reload = new AtomicBoolean();
    private final Map<ClusterName, Served> served = new LinkedHashMap<>();
    private Optional<List<FileStamp>> stamps = Optional.empty();

    /** Is told what happens, by several threads. */
    public interface Observer {
        /** Something an operator may want to know. */
        void say(String message);

        /** The configuration cannot be used as it is. */
        void misconfigured(String message, String hint);

        /**
         * Something is wrong with a cluster.
         *
         * @param subject the same for repetitions of one warning
         */
        void warn(ClusterName cluster, String subject, String message, String hint);

        /** The same, if its repetitions were left out before. */
        void warn(ClusterName cluster, String message, String hint);

        /** All that was wrong with a cluster has ended. */
        void works(ClusterName cluster, String message);

        /** A file of a cluster was archived before PostgreSQL asked for it. */
        void archived(ClusterName cluster, String name, long bytes, Duration took);
    }

    private record Served(ServedCluster cluster, Place place, Thread thread) {}

    private record Place(Path dataDirectory, Path root) {}

    /**
     * Nothing is begun yet.
     *
     * @param file the configuration's, if it is named
     * @param names of the clusters; empty for all that have a data directory
     * @param warnings for the warning that ids of repositories cannot be saved; not closed
     */
    public ResidentArchiver(
            Environment environment,
            Optional<Path> file,
            List<ClusterName> names,
            Observer observer,
            PrintStream warnings,
            Clock clock) {
        this.environment = environment;
        this.file = file;
        this.names = List.copyOf(names);
        this.observer = observer;
        this.warnings = warnings;
        this.clock = clock;
        this.manager = ServiceManager.of(environment, warnings);
    }

    /**
     * Runs until the thread is interrupted.
     *
     * @throws UserFacingException if it cannot begin, or if only a new process can go on
     */
    public void run() throws InterruptedException {
        serve(places());
        manager.ready();
        observer.say("serving "
                + String.join(
                        ", ", served.keySet().stream().map(ClusterName::value).toList()));
        try {
            while (true) {
                Thread.sleep(TURN);
                boolean asked = reload.getAndSet(false);
                if (asked || !stamps().equals(stamps)) {
                    reload(asked);
                }
                for (Map.Entry<ClusterName, Served> each : served.entrySet()) {
                    if (each.getValue().cluster().isHung()) {
                        throw new UserFacingException(
                                ExitCode.TIMED_OUT,
                                "a store of cluster '" + each.getKey() + "' hangs, and blocks threads of the archiver",
                                "Start the archiver again, or let its supervisor do it. wal-push archives meanwhile.");
                    }
                }
                if (served.values().stream()
                        .allMatch(each -> each.cluster().sinceLastTurn().compareTo(SILENT) < 0)) {
                    manager.alive();
                }
            }
        } finally {
            manager.stopping();
            stop(served);
        }
    }

    /** Has the configuration read again soon, whether it has changed or not; for another thread. */
    public void reload() {
        reload.set(true);
    }

    private Optional<List<FileStamp>> stamps() {
        return ConfigurationFiles.stamps(ConfigurationFiles.candidates(environment, file));
    }

    private void reload(boolean asked) {
        manager.reloading();
        try {
            serve(places());
            if (asked) {
                served.values().forEach(each -> each.cluster().reload());
            }
            observer.say("the configuration was read again");
        } catch (UserFacingException e) {
            observer.misconfigured("cannot use the changed configuration: " + e.getMessage(), e.hint());
        }
        manager.ready();
    }

    private void serve(Map<ClusterName, Place> places) {
        Map<ClusterName, Served> gone = new HashMap<>();
        for (Iterator<Map.Entry<ClusterName, Served>> each = served.entrySet().iterator(); each.hasNext(); ) {
            Map.Entry<ClusterName, Served> present = each.next();
            Place place = places.get(present.getKey());
            if (!present.getValue().place().equals(place)) {
                gone.put(present.getKey(), present.getValue());
                each.remove();
            }
        }
        try {
            stop(gone);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        places.forEach((name, place) -> served.computeIfAbsent(name, added -> {
            ServedCluster cluster = new ServedCluster(
                    added, place.dataDirectory(), place.root(), environment, observer, warnings, clock);
            Thread thread = new Thread(cluster, "cluster-" + added);
            thread.setDaemon(true);
            thread.start();
            return new Served(cluster, place, thread);
        }));
    }

    private static void stop(Map<ClusterName, Served> ending) throws InterruptedException {
        ending.values().forEach(each -> each.cluster().stop());
        long end = System.nanoTime() + TO_FINISH.plusSeconds(2).toNanos();
        for (Served each : ending.values()) {
            each.thread().join(Duration.ofNanos(Math.max(1, end - System.nanoTime())));
        }
    }

    /** The clusters to serve, by the present configuration. */
    private Map<ClusterName, Place> places() {
        stamps = stamps();
        ConfigurationLoader loader = new ConfigurationLoader(environment, clock);
        try {
            return places(loader.loadForWal(file).configuration());
        } catch (ConfigurationException e) {
            return placesDespite(e, loader);
        }
    }

    /** Each cluster with what holds for it; one for which nothing does is served as before. */
    private Map<ClusterName, Place> placesDespite(ConfigurationException problem, ConfigurationLoader loader) {
        Map<ClusterName, Place> places = new LinkedHashMap<>();
        List<String> told = new ArrayList<>();
        for (ClusterName name : names.isEmpty() ? loader.clustersDespiteProblems(file) : names) {
            try {
                EffectiveConfiguration loaded = loader.loadForWal(
                        file, new Wanted(Optional.of(name), environment.workingDirectory(), List.of()));
                Optional.ofNullable(loaded.configuration().clusters().get(name))
                        .flatMap(ClusterSettings::dataDirectory)
                        .ifPresent(directory -> places.put(name, place(loaded.configuration(), directory)));
                loaded.wrong().ifPresent(wrong -> told.add(wrong.consequence(name)));
            } catch (ConfigurationException e) {
                told.add("cluster '" + name + "' cannot use the changed configuration");
            }
        }
        served.forEach((name, each) -> places.putIfAbsent(name, each.place()));
        if (places.isEmpty()) {
            throw problem;
        }
        observer.misconfigured(problem.getMessage() + "\n  " + String.join("\n  ", told), problem.hint());
        return places;
    }

    private Map<ClusterName, Place> places(Configuration configuration) {
        Map<ClusterName, Place> places = new LinkedHashMap<>();
        for (ClusterName name : names.isEmpty() ? configuration.clusters().keySet() : names) {
            ClusterSettings settings = configuration.clusters().get(name);
            if (settings == null) {
                throw new UserFacingException(
                        ExitCode.USAGE,
                        "no cluster '" + name + "' is configured",
                        "Correct the name. List the clusters with: tidemark config");
            }
            if (settings.dataDirectory().isPresent()) {
                places.put(name, place(configuration, settings.dataDirectory().get()));
            } else if (!names.isEmpty()) {
                throw withoutDirectory("cluster '" + name + "' has no data-directory");
            }
        }
        if (places.isEmpty()) {
            throw withoutDirectory("no cluster with a data-directory is configured");
        }
        return places;
    }

    private Place place(Configuration configuration, Path dataDirectory) {
        Optional<SystemUser> owner = SystemUser.ownerOf(dataDirectory);
        if (owner.isPresent() && owner.get().uid() != SystemUser.currentUid()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "'" + dataDirectory + "' belongs to '" + owner.get().name() + "', but the archiver runs as '"
                            + System.getProperty("user.name") + "'",
                    "Run the archiver as that user: wal-push trusts no other user.");
        }
        Path spool = SpoolDirectory.find(configuration.host(), Optional.of(dataDirectory), environment);
        return new Place(dataDirectory, SpoolDirectory.archived(spool, Optional.of(dataDirectory), environment));
    }

    private static UserFacingException withoutDirectory(String problem) {
        return new UserFacingException(
                ExitCode.USAGE, problem, "Set data-directory in the configuration of a cluster of this host.");
    }
}
