// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.start;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.tidemark.catalog.ClusterIdentity;
import org.tidemark.catalog.RepositoryId;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.output.Output;
import org.tidemark.config.RepositorySettings;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Finding;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.setup.FirstConfiguration;
import org.tidemark.operations.setup.HostileRepositoryTest;
import org.tidemark.operations.setup.InitRun;
import org.tidemark.operations.setup.NewKey;
import org.tidemark.operations.setup.Registration;
import org.tidemark.operations.setup.RepositorySelfTest;
import org.tidemark.server.ServerSettings;
import org.tidemark.session.Session;
import org.tidemark.view.IncarnationView;
import org.tidemark.view.Json;
import org.tidemark.view.Json.Inline;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(
        name = "init",
        description = {
            "Creates the repositories that do not exist yet, and registers the cluster in them.",
            "It asks PostgreSQL for the cluster's system identifier, version and segment size. If nothing is"
                    + " configured yet, --url also writes a commented configuration: to --config, else to"
                    + " /etc/tidemark, else below the user's home. Whatever exists already is left as it is.",
        })
@Help(
        group = Help.Group.START,
        synopsis = {
            "init [--new-incarnation] [--dry-run]",
            "init --url URL [--conninfo TEXT] [--dry-run]",
            "init --replace-repository NAME|URL [--dry-run]",
            "init --test [--hostile] [--repository NAME|URL]",
            "init --make-key FILE [--url URL]"
        },
        examples = {
            "tidemark init --url file:///var/lib/tidemark --conninfo 'host=/var/run/postgresql user=postgres'",
            "tidemark init --cluster main --new-incarnation",
            "tidemark init --test --repository offsite",
            "tidemark init --test --hostile",
            "tidemark init --make-key /root/tidemark.key"
        },
        uses = {Help.Uses.REPOSITORY, Help.Uses.POSTGRES},
        statuses = {
            ExitCode.DONE,
            ExitCode.NO,
            ExitCode.USAGE,
            ExitCode.STORE_FULL,
            ExitCode.WRONG_CLUSTER,
            ExitCode.LOCAL_FILES
        })
public final class InitCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Option(
            names = "--url",
            paramLabel = "URL",
            description = "the address of the repository, for a first configuration")
    private @Nullable URI url;

    @Option(
            names = "--conninfo",
            paramLabel = "TEXT",
            description = "how to connect to PostgreSQL, for a first configuration: a libpq connection string"
                    + " without a password")
    private @Nullable String conninfo;

    @Option(
            names = "--new-incarnation",
            description = "use this only after initdb or pg_upgrade: registers the new system identifier under the same"
                    + " cluster name")
    private boolean newIncarnation;

    @Option(
            names = "--replace-repository",
            paramLabel = "NAME|URL",
            description = "this repository, and no other, was removed or replaced on purpose: create it if nothing is"
                    + " there, register the cluster, and hand over the WAL that is queued for it")
    private @Nullable String replaced;

    @Option(
            names = "--test",
            description =
                    "self-test: find out with scratch objects what the store of each repository really does and what"
                            + " the credentials allow; report what is missing; do nothing else")
    private boolean test;

    @Option(
            names = "--hostile",
            description =
                    "with --test: try what an intruder with this host's credentials could do to stored objects, such as"
                            + " overwrite, delete and destroy, with scratch objects alone; 1 unless it is certain that"
                            + " no object can be destroyed, or none before its lock ends")
    private boolean hostile;

    @Option(
            names = "--make-key",
            paramLabel = "FILE",
            description =
                    "create a key pair for encryption: the private key in this new file, the public key on stdout;"
                            + " with --url, the first configuration gets the public key; without it, nothing else is"
                            + " done")
    private @Nullable Path makeKey;

    @Option(names = "--dry-run", description = "show what would be done, but do nothing")
    private boolean dryRun;

    private record View(
            boolean dryRun,
            @Inline IncarnationView incarnation,
            Optional<Path> configuration,
            @Inline Optional<KeyView> key,
            List<Registered> repositories) {
        record Registered(String name, boolean created, boolean registered, Optional<String> id) {
            static Registered of(Registration.Result result) {
                return new Registered(
                        result.repository(),
                        result.created(),
                        result.registered(),
                        result.id().map(RepositoryId::value));
            }
        }
    }

    /** The document of {@code init --make-key}. */
    private record KeyView(String publicKey, String fingerprint, Path keyFile) {
        static KeyView of(NewKey key) {
            return new KeyView(key.publicKey(), key.fingerprint(), key.file());
        }
    }

    public InitCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        if (hostile && !test) {
            throw new UserFacingException(
                    ExitCode.USAGE, "--hostile needs --test", "Run: tidemark init --test --hostile");
        }
        if (test) {
            return test(output);
        }
        Optional<Path> keyFile = Optional.ofNullable(makeKey)
                .map(file ->
                        context.environment().workingDirectory().resolve(file).normalize());
        keyFile.ifPresent(NewKey::requirePlace);
        if (keyFile.isPresent() && url == null) {
            return makeKeyAlone(output, keyFile.get());
        }
        FirstConfiguration first = FirstConfiguration.of(
                context.environment(),
                context.clock(),
                global.choice(context),
                Optional.ofNullable(url),
                Optional.ofNullable(conninfo));
        InitRun.Result result = new InitRun(first, context.clock(), context.talk(), observer(output))
                .run(new InitRun.Request(newIncarnation, Optional.ofNullable(replaced), keyFile, dryRun));
        result.configuration()
                .ifPresent(file ->
                        output.say((dryRun ? "would write the configuration " : "wrote the configuration ") + file));
        keyFile.filter(file -> dryRun && replaced == null)
                .ifPresent(file -> output.say("would create a key pair, with " + file));
        result.key().ifPresent(made -> say(output, made));
        print(output, result);
        return ExitCode.DONE;
    }

    private InitRun.Observer observer(Output output) {
        return new InitRun.Observer() {
            @Override
            public void server(ServerSettings server, ClusterIdentity identity) {
                output.say("PostgreSQL " + server.version() + ", system identifier " + identity.system()
                        + ", WAL segments of " + identity.walSegmentSize());
            }

            @Override
            public void replaced(String repository, RepositoryId former) {
                output.say(
                        "repository '" + repository + "': " + former + (dryRun ? " would be" : " was") + " replaced");
            }

            @Override
            public void registered(Registration.Result result) {
                String would = dryRun ? "would be " : "";
                output.say("repository '" + result.repository() + "': "
                        + (result.created() ? would + "created" : "exists") + ", cluster "
                        + (result.registered() ? would + "registered" : "is registered"));
            }

            @Override
            public void tell(Finding finding) {
                output.tell(finding);
            }
        };
    }

    private ExitCode test(Output output) {
        SelfTestOutput shown = new SelfTestOutput(output);
        boolean good = true;
        try (Session session = Session.ofRepositories(
                context.environment(), context.clock(), global.choice(context), context.talk())) {
            for (RepositorySettings settings :
                    url == null ? session.repositorySettings() : List.of(RepositorySettings.at(url))) {
                if (hostile) {
                    HostileRepositoryTest result = HostileRepositoryTest.run(session, settings);
                    good &= result.isSafe();
                    shown.add(result);
                } else {
                    RepositorySelfTest result = RepositorySelfTest.run(session, settings, context.clock());
                    good &= result.isUsable();
                    shown.add(result);
                }
            }
        }
        shown.finish();
        return good ? ExitCode.DONE : ExitCode.NO;
    }

    private ExitCode makeKeyAlone(Output output, Path file) throws IOException {
        if (dryRun) {
            output.say("would create a key pair, with " + file);
            return ExitCode.DONE;
        }
        NewKey key = NewKey.make(file, context.clock());
        say(output, key);
        if (output.isJson()) {
            output.json(KeyView.of(key));
        } else {
            output.line("encrypt-to = [\"" + key.publicKey() + "\"]");
        }
        return ExitCode.DONE;
    }

    private void print(Output output, InitRun.Result result) {
        if (output.isJson()) {
            output.json(new View(
                    dryRun,
                    IncarnationView.of(result.identity()),
                    result.configuration(),
                    result.key().map(KeyView::of),
                    Json.list(result.repositories(), View.Registered::of)));
        } else if (!dryRun) {
            output.say("next: " + next(result));
        }
    }

    private String next(InitRun.Result result) {
        if (replaced != null || result.isAddedToOthers()) {
            return "tidemark sync, which copies what other repositories hold, or: tidemark backup";
        }
        if (result.wasRegistered()) {
            return "tidemark check";
        }
        return result.receiveSlot()
                .map(slot -> CopyableCommand.of("wal-receive", "--create-slot", "--if-not-exists", "--slot", slot)
                        .toString())
                .orElse("tidemark setup primary");
    }

    private static void say(Output output, NewKey key) {
        for (String line : List.of(
                "created a key pair with the fingerprint " + key.fingerprint(),
                "  The public key goes into the configuration of every host that writes, as encrypt-to: "
                        + key.publicKey(),
                "  The private key is in " + key.file()
                        + ", readable for its owner alone. WITHOUT IT NOTHING CAN BE RESTORED,",
                "  and nobody can make it again. Copy it to at least two safe places that are not this host and not"
                        + " the",
                "  repository: a safe, a password manager, a printed page. Then remove it here: a host that only"
                        + " archives",
                "  and backs up does not need it. Try a copy before you trust it, on the host that would restore:",
                "    tidemark verify --decrypt-with COPY")) {
            output.say(line);
        }
    }
}
