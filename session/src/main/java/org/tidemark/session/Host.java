// SPDX-License-Identifier: Apache-2.0
package org.tidemark.session;

import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import org.tidemark.config.Configuration;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.ConfigurationLoader;
import org.tidemark.config.Environment;
import org.tidemark.config.FileStamp;
import org.tidemark.config.ScheduleSettings;
import org.tidemark.config.SpoolDirectory;
import org.tidemark.core.ClusterName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session.Choice;

/**
 * The clusters of this host for a process that stays: their configuration is read once for all of them, and again when
 * its files change. Thread-safe, but {@link #reload} is for one thread.
 */
public final class Host {
    private final Environment environment;
    private final Clock clock;
    private final Choice choice;
    private final PrintStream warnings;
    private volatile Configuration configuration;
    private Optional<List<FileStamp>> stamps;

    /**
     * Reads the configuration.
     *
     * @param choice of the files, and of one cluster; without a cluster: all that are configured
     * @param warnings for the warning that ids of repositories cannot be saved; not closed
     * @throws UserFacingException if it cannot be used, or names neither a cluster nor a repository of the fleet
     */
    public Host(Environment environment, Clock clock, Choice choice, PrintStream warnings) {
        this.environment = environment;
        this.clock = clock;
        this.choice = choice;
        this.warnings = warnings;
        this.stamps = stamps();
        this.configuration = read();
    }

    private Optional<List<FileStamp>> stamps() {
        return ConfigurationFiles.stamps(ConfigurationFiles.candidates(environment, choice.file()));
    }

    private Configuration read() {
        Configuration read = new ConfigurationLoader(environment, clock)
                .load(choice.file(), choice.settings())
                .configuration();
        if (read.clusters().isEmpty() && read.fleet().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "no cluster is configured",
                    "Write a configuration with: tidemark init --url URL --conninfo TEXT");
        }
        // One that can be read as text may still be no schedule: then nothing would be done, and nobody would see it.
        read.clusters().values().forEach(cluster -> cluster.schedule().ifPresent(ScheduleSettings::requireValid));
        choice.cluster().filter(name -> !read.clusters().containsKey(name)).ifPresent(name -> {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "no cluster '" + name + "' is configured",
                    "Correct the name. List the clusters with: tidemark config");
        });
        return read;
    }

    /** The only cluster that is asked for; empty: all that are configured. */
    public Optional<ClusterName> chosen() {
        return choice.cluster();
    }

    /** Whether a file of the configuration has changed since it was read, or was found to be wrong. */
    public boolean hasChanged() {
        return !stamps().equals(stamps);
    }

    /**
     * Reads the configuration again.
     *
     * @throws UserFacingException if it cannot be used; the one that was read before holds on
     */
    public void reload() {
        stamps = stamps();
        configuration = read();
    }

    /** As it was read last. */
    public Configuration configuration() {
        return configuration;
    }

    /** The clusters that are served: the one that was chosen, else all. */
    public List<ClusterName> clusters() {
        return choice.cluster()
                .map(List::of)
                .orElseGet(() -> List.copyOf(configuration.clusters().keySet()));
    }

    /** The spool of what concerns no single cluster. */
    public Path spool() {
        return SpoolDirectory.find(configuration.host(), Optional.empty(), environment);
    }

    /** An operation on one cluster, with the configuration as it was read last. The caller closes it. */
    public Session session(ClusterName cluster) {
        return new Session(environment, choice.withCluster(cluster), configuration, warnings);
    }

    /**
     * An operation on the repositories of which the fleet shows every cluster. The caller closes it.
     *
     * @return empty if there are none
     */
    public Optional<Session> fleet() {
        Configuration present = configuration;
        return Optional.of(present.fleet())
                .filter(names -> !names.isEmpty())
                .map(names -> Session.ofRepositories(
                        environment,
                        new Choice(choice.file(), choice.settings(), Optional.empty(), names, choice.decryptWith()),
                        present,
                        warnings));
    }
}
