// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.catalog.backup.EvidenceKey;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.config.DrillSettings;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.JsonText;
import org.tidemark.core.UserFacingException;
import org.tidemark.operations.setup.NewKey;
import org.tidemark.session.Session;
import org.tidemark.view.Json;
import org.tidemark.watch.keys.DrillKeyPair;
import org.tidemark.watch.keys.KeyRehearsal;
import org.tidemark.watch.keys.KeyRehearsal.Challenge;
import org.tidemark.watch.keys.KeyRehearsal.RehearsedKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "keys",
        description = {
            "Shows the keys, and proves that private keys still exist.",
            "Without arguments: to which public keys the repositories of the cluster are encrypted, and when each"
                    + " private key was last proven; and which keys sign the evidence of drills, and check it.",
            "'keys challenge DIRECTORY' creates a small encrypted file for each key. Take it to the place where the"
                    + " private key is kept, and decrypt it there: age --decrypt -i KEYFILE FILE. The text in it is the"
                    + " line with 'keys prove' to run here. So the private key stays where it is, and you know that it"
                    + " is still there. 'check' warns if no key has been proven for longer than unproven-for.",
            "'keys new-signing FILE' creates a key pair that signs the evidence of drills: the private key in this new"
                    + " file, the lines of the configuration on stdout.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "keys [challenge DIRECTORY | prove ANSWER | new-signing FILE]",
        examples = {
            "tidemark keys",
            "tidemark keys challenge /media/usb",
            "tidemark keys prove k7vd-29qm-xbzc-ha4t",
            "tidemark keys new-signing /var/lib/tidemark/drill.key"
        },
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.STORE_FULL, ExitCode.NO_BACKUP, ExitCode.LOCAL_FILES})
public final class KeysCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            paramLabel = "challenge DIRECTORY | prove ANSWER | new-signing FILE",
            arity = "0..*",
            description = "create the files in this directory; give the answer that was in one of them; or create a key"
                    + " pair in this file")
    private List<String> words = new ArrayList<>();

    /**
     * The document in JSON.
     *
     * @param signingKeys left out where only encryption keys are concerned
     */
    record View(List<KeyView> keys, Optional<List<SigningKeyView>> signingKeys) {
        /** @param challenge the file that was created for it */
        private record KeyView(
                String publicKey,
                String fingerprint,
                List<String> repositories,
                Optional<Instant> proven,
                Optional<Path> challenge) {
            static KeyView of(RehearsedKey key, Optional<Path> challenge) {
                return new KeyView(
                        key.recipient().toString(), key.fingerprint(), key.repositories(), key.proven(), challenge);
            }
        }

        /** A key that signs evidence of drills, or checks it. */
        private record SigningKeyView(
                String publicKey, String fingerprint, Optional<Path> keyFile, boolean configured) {
            static SigningKeyView of(DrillKeyPair pair) {
                return new SigningKeyView(pair.key().base64(), pair.key().id(), pair.privateKey(), pair.isConfigured());
            }
        }

        static View of(List<RehearsedKey> keys) {
            return new View(Json.list(keys, key -> KeyView.of(key, Optional.empty())), Optional.empty());
        }

        static View of(List<RehearsedKey> keys, List<DrillKeyPair> signing) {
            return new View(of(keys).keys(), Optional.of(Json.list(signing, SigningKeyView::of)));
        }

        static View ofChallenges(List<Challenge> challenges) {
            return new View(
                    Json.list(challenges, each -> KeyView.of(each.key(), Optional.of(each.file()))), Optional.empty());
        }
    }

    public KeysCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() throws IOException {
        Output output = global.output(context);
        boolean two = words.size() == 2;
        boolean challenge = two && words.getFirst().equals("challenge");
        if (two && words.getFirst().equals("new-signing")) {
            newSigning(
                    output,
                    context.environment()
                            .workingDirectory()
                            .resolve(words.get(1))
                            .normalize());
            return ExitCode.DONE;
        }
        if (!words.isEmpty() && !challenge && !(two && words.getFirst().equals("prove"))) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "expected: keys, keys challenge DIRECTORY, keys prove ANSWER, or keys new-signing FILE",
                    "See which keys there are with: tidemark keys");
        }
        try (Session session = global.session(context)) {
            KeyRehearsal rehearsal = KeyRehearsal.of(session);
            UnreadRepositories.warn(output, rehearsal.repositories());
            if (words.isEmpty()) {
                list(output, rehearsal.keys(), session.configuration().drill());
            } else if (challenge) {
                challenge(
                        output,
                        rehearsal,
                        context.environment().workingDirectory().resolve(words.get(1)));
            } else {
                prove(output, rehearsal, words.get(1));
            }
            rehearsal
                    .failures()
                    .forEach((repository, why) ->
                            output.warn("'" + repository + "' was left out: " + why.getMessage(), why.hint()));
            return rehearsal.failures().values().stream()
                    .map(UserFacingException::exitCode)
                    .findFirst()
                    .orElseGet(rehearsal.repositories()::status);
        }
    }

    private static void list(Output output, List<RehearsedKey> keys, DrillSettings drill) {
        if (output.isJson()) {
            output.json(View.of(keys, DrillKeyPair.of(drill)));
            return;
        }
        if (keys.isEmpty()) {
            output.say("no repository of this cluster is encrypted: none has encrypt-to");
        } else {
            TextTable table = new TextTable(
                    Column.left("FINGERPRINT"),
                    Column.left("PROVEN"),
                    Column.left("REPOSITORIES"),
                    Column.left("PUBLIC KEY"));
            for (RehearsedKey key : keys) {
                table.row(
                        key.fingerprint(),
                        key.proven().map(Amounts::minute).orElse("never"),
                        String.join(", ", key.repositories()),
                        key.recipient().toString());
            }
            table.lines().forEach(output::line);
        }
        List<DrillKeyPair> signing = DrillKeyPair.of(drill);
        if (!signing.isEmpty()) {
            TextTable table = new TextTable(
                    Column.left("SIGNS DRILLS"),
                    Column.left("IN public-keys"),
                    Column.left("PRIVATE KEY"),
                    Column.left("PUBLIC KEY"));
            for (DrillKeyPair pair : signing) {
                table.row(
                        pair.key().id(),
                        pair.isConfigured() ? "yes" : "no",
                        pair.privateKey().map(Path::toString).orElse("-"),
                        pair.key().base64());
            }
            if (!keys.isEmpty()) {
                output.line("");
            }
            table.lines().forEach(output::line);
        }
    }

    private static void newSigning(Output output, Path file) throws IOException {
        EvidenceKey key = NewKey.makeSigning(file);
        output.say("created a key pair that signs, with the fingerprint " + key.id());
        output.say("  The private key is in " + file + ", readable for its owner alone. Keep it only on the host that");
        output.say("  holds drills. The lines on stdout belong to [drill] there; other hosts need public-keys alone.");
        output.say("  An auditor needs the public key as a PEM file: openssl pkey -pubout -in " + file);
        if (output.isJson()) {
            output.json(View.of(List.of(), List.of(new DrillKeyPair(key, Optional.of(file), false))));
        } else {
            output.line("signing-key = " + JsonText.of(file.toString()));
            output.line("public-keys = [" + JsonText.of(key.base64()) + "]");
        }
    }

    private void challenge(Output output, KeyRehearsal rehearsal, Path directory) {
        if (rehearsal.keys().isEmpty()) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "no repository of this cluster is encrypted",
                    "A key pair is made by: tidemark init --make-key FILE. Name its public key with encrypt-to.");
        }
        List<Challenge> challenges = rehearsal.challenge(
                directory,
                answer -> output.complete(
                        CopyableCommand.of("keys", "prove", answer).toString()),
                context.clock().instant());
        if (output.isJson()) {
            output.json(View.ofChallenges(challenges));
            return;
        }
        for (Challenge each : challenges) {
            output.line("key " + each.key().fingerprint() + " ("
                    + String.join(", ", each.key().repositories()) + "): " + each.file());
        }
        output.say("Take each file to where the private key is kept, and run there: age --decrypt -i KEYFILE FILE");
        output.say("It prints the command to run here, which ends with: keys prove ANSWER");
    }

    private static void prove(Output output, KeyRehearsal rehearsal, String answer) {
        RehearsedKey key = rehearsal.prove(answer);
        if (output.isJson()) {
            output.json(View.of(List.of(key)));
        } else {
            output.line("the private key " + key.fingerprint() + " was read after "
                    + key.proven().map(Amounts::minute).orElseThrow() + " UTC, when the challenge was made ("
                    + String.join(", ", key.repositories()) + ")");
        }
    }
}
