// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.call;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.Output.Manner;
import org.tidemark.cli.output.Output.Verbosity;
import org.tidemark.cli.output.OutputFormat;
import org.tidemark.cli.output.Paint;
import org.tidemark.config.ClusterSettings;
import org.tidemark.config.ConfigurationFiles;
import org.tidemark.config.Environment;
import org.tidemark.config.Setting;
import org.tidemark.config.Setting.Origin;
import org.tidemark.config.Setting.SettingKey;
import org.tidemark.core.ClusterName;
import org.tidemark.core.CopyableLines;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonText;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Host;
import org.tidemark.session.Session;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options that every command takes. Not thread-safe. */
public final class GlobalOptions {
    static final String CLUSTER = "--cluster";

    /** The options with a value. */
    public static final Set<String> WITH_VALUE =
            Set.of(CLUSTER, "--repository", "--output", "--config", "--decrypt-with", "--jobs");

    @ArgGroup(validate = false, exclusive = false)
    private final Values values = new Values();

    private Optional<ClusterName> turn = Optional.empty();
    /** Of several configured ones, by the working directory. */
    private Optional<ClusterName> chosen = Optional.empty();

    private CommandLog log = CommandLog.none();

    private @Nullable Consumer<Map<String, @Nullable Object>> documents;
    private @Nullable Output output;

    /** What was typed; picocli fills it. */
    public static final class Values {
        @Option(
                names = CLUSTER,
                paramLabel = "NAME|all",
                description = "the cluster; not needed if only one is configured. all: every cluster in turn"
                        + " (backup, check, verify, sync, list-backup, retention, expire, status, pause, resume)")
        private @Nullable String cluster;

        @Option(
                names = "--repository",
                paramLabel = "NAME|URL",
                description = "a configured repository or an address; may be given several times")
        private List<String> repositories = new ArrayList<>();

        @Option(
                names = "--output",
                paramLabel = "text|json",
                defaultValue = "text",
                description = "the format of the output on stdout")
        private OutputFormat output = OutputFormat.TEXT;

        @Option(names = "--json", description = "the same as --output json")
        private boolean json;

        @Option(
                names = "--config",
                paramLabel = "FILE",
                description = "use this configuration file instead of those of the system and the user")
        private @Nullable Path config;

        @Option(
                names = "--decrypt-with",
                paramLabel = "FILE",
                description =
                        "read encrypted repositories with the private keys in this file; may be given several times")
        private List<Path> decryptWith = new ArrayList<>();

        @Option(
                names = "--jobs",
                paramLabel = "N",
                description = "how many jobs run in parallel; 0: chosen by the" + " number of cores")
        private @Nullable String jobs;

        @Option(
                names = {"-q", "--quiet"},
                description = "print only warnings and errors if the status is 0; JSON is always printed")
        private boolean quiet;

        @Option(
                names = {"-v", "--verbose"},
                description = "say more, and show where an error came from")
        private boolean verbose;

        @Option(
                names = "--no-color",
                description = "no colors, even on a terminal; the variable NO_COLOR does the" + " same")
        private boolean noColor;

        @Option(
                names = {"-h", "--help"},
                usageHelp = true,
                description = "show this help")
        @SuppressWarnings("UnusedVariable") // picocli acts on it
        private boolean help;
    }

    /** The global options of a parsed command; empty for one that has none. */
    static Optional<GlobalOptions> of(CommandSpec command) {
        return command.mixins().values().stream()
                .map(CommandSpec::userObject)
                .filter(GlobalOptions.class::isInstance)
                .map(GlobalOptions.class::cast)
                .findFirst();
    }

    boolean isVerbose() {
        return values.verbose;
    }

    /** Whether {@code --cluster all} was given. */
    public boolean isForAll() {
        return ClusterName.ALL.equals(values.cluster);
    }

    boolean isJson() {
        return values.json || values.output == OutputFormat.JSON;
    }

    /**
     * Selects the next cluster of {@code --cluster all}.
     *
     * @param to takes the members of the JSON document of its run
     */
    void takeTurn(ClusterName cluster, Consumer<Map<String, @Nullable Object>> to) {
        turn = Optional.of(cluster);
        log.isAbout(turn);
        documents = to;
        output = null;
    }

    /** What is printed from now on goes to this log, too. */
    void logTo(CommandLog to) {
        log = to;
    }

    /** The log file of the command, if it has one. */
    public CommandLog log() {
        return log;
    }

    /** The configuration file that an option names. */
    public Optional<Path> config() {
        return Optional.ofNullable(values.config);
    }

    /** The configuration file that an option or a variable names; the program that PostgreSQL calls needs it, too. */
    public Optional<Path> namedConfiguration(Environment environment) {
        return ConfigurationFiles.isNamed(environment, config())
                ? Optional.of(
                        ConfigurationFiles.candidates(environment, config()).getFirst())
                : Optional.empty();
    }

    /** Names or addresses, as they were typed. */
    public List<String> repositories() {
        return values.repositories;
    }

    /** Private key files, as they were typed. */
    public List<Path> keyFiles() {
        return values.decryptWith;
    }

    /** Private key files, instead of the configured ones. */
    public List<Path> decryptWith(Environment environment) {
        return values.decryptWith.stream()
                .map(file -> environment.workingDirectory().resolve(file).normalize())
                .toList();
    }

    /** The cluster of this turn, or the one that an option names. */
    public Optional<ClusterName> cluster() {
        if (turn.isPresent()) {
            return turn;
        }
        if (values.cluster == null) {
            return Optional.empty();
        }
        if (isForAll()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "this command works on one cluster, not on all",
                    "Name one with --cluster. List them with: tidemark config");
        }
        try {
            return Optional.of(new ClusterName(values.cluster));
        } catch (IllegalArgumentException e) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    String.valueOf(e.getMessage()),
                    "Correct the name after --cluster. List the clusters with: tidemark config",
                    e);
        }
    }

    /** Options that set settings: they override files and variables. */
    public List<Setting> settings() {
        return values.jobs == null
                ? List.of()
                : List.of(new Setting(SettingKey.of("host", "jobs"), values.jobs, Origin.option("--jobs")));
    }

    /** The options' choice of configuration, cluster and repositories. */
    public Session.Choice choice(CommandContext context) {
        Session.Choice forAll = choiceForAll(context);
        return cluster().map(forAll::withCluster).orElse(forAll);
    }

    /** The same for a cluster. */
    public Session.Choice choice(CommandContext context, ClusterName cluster) {
        return choiceForAll(context).withCluster(cluster);
    }

    /** The same for all clusters at once. */
    public Session.Choice choiceForAll(CommandContext context) {
        return new Session.Choice(
                config(), settings(), Optional.empty(), repositories(), decryptWith(context.environment()));
    }

    /** The clusters of the configuration that the command is about: all of them, or the one that is named. */
    public Host host(CommandContext context) {
        return new Host(
                context.environment(),
                context.clock(),
                isForAll() ? choiceForAll(context) : choice(context),
                context.talk());
    }

    /** The session of the command; the caller closes it. */
    public Session session(CommandContext context) {
        Session session = Session.open(context.environment(), context.clock(), choice(context), context.talk());
        noteTheChosen(session);
        log.isAbout(session.cluster().map(ClusterSettings::name));
        return session;
    }

    /** The same for a command that goes on if what is wrong in the configuration does not concern its cluster. */
    public Session sessionDespiteProblems(CommandContext context) {
        Session session =
                Session.openDespiteProblems(context.environment(), context.clock(), choice(context), context.talk());
        log.isAbout(session.cluster().map(ClusterSettings::name));
        return session;
    }

    /** The same for one of several clusters. */
    public Session sessionDespiteProblems(CommandContext context, ClusterName cluster) {
        return Session.openDespiteProblems(
                context.environment(), context.clock(), choice(context, cluster), context.talk());
    }

    /**
     * The session of a command that only reads repositories: what is wrong in the configuration must not stand between
     * an operator and a restore (docs/adr/0040-wrong-configuration.md).
     */
    public Session readingSession(CommandContext context) {
        Session session = sessionDespiteProblems(context);
        noteTheChosen(session);
        session.wrongFiles()
                .ifPresent(wrong -> session.cluster()
                        .ifPresent(cluster -> output(context)
                                .warn(
                                        wrong.warningOfReader(cluster.name()),
                                        wrong.problem().hint())));
        return session;
    }

    /** Among several clusters, printed commands name the one that was meant. */
    private void noteTheChosen(Session session) {
        if (session.configuration().clusters().size() > 1) {
            chosen = session.cluster().map(ClusterSettings::name);
        }
    }

    /** The output of this command: the same object for one cluster. */
    public Output output(CommandContext context) {
        Output made = output;
        if (made == null) {
            Verbosity verbosity = values.quiet ? Verbosity.QUIET : Verbosity.NORMAL;
            Manner manner = new Manner(
                    isJson() ? OutputFormat.JSON : OutputFormat.TEXT,
                    values.verbose ? Verbosity.VERBOSE : verbosity,
                    paint(context, context.dataToTerminal()),
                    paint(context, context.talkToTerminal()),
                    context.talkToTerminal(),
                    copyable(context));
            Consumer<Map<String, @Nullable Object>> to =
                    documents == null ? document -> context.data().println(JsonText.pretty(document)) : documents;
            made = new Output(context.data(), context.talk(), manner, log, to);
            output = made;
        }
        return made;
    }

    /** An output for one of several clusters that are served at the same time. */
    public Output output(CommandContext context, ClusterName cluster) {
        return output(context).withLog(log.about(cluster));
    }

    private Paint paint(CommandContext context, boolean toTerminal) {
        return values.noColor ? Paint.NONE : context.paint(toTerminal);
    }

    /** Writes commands that an operator can copy into the shell where this one was typed. */
    private CopyableLines copyable(CommandContext context) {
        return new CopyableLines(
                LauncherPath.asTyped(context.environment()),
                () -> turn.map(ClusterName::value)
                        .or(() -> Optional.ofNullable(isForAll() ? null : values.cluster))
                        .or(() -> chosen.map(ClusterName::value)),
                config().map(file -> context.environment()
                        .workingDirectory()
                        .resolve(file)
                        .normalize()
                        .toString()),
                values.repositories,
                context.environment().variablesOfConfiguration());
    }
}
