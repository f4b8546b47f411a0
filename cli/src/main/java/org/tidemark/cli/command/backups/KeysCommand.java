// SPDX-License-Identifier: Apache-2.0
package org.tidemark.cli.command.backups;

import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.tidemark.cli.call.CommandContext;
import org.tidemark.cli.call.GlobalOptions;
import org.tidemark.cli.call.Help;
import org.tidemark.cli.call.ShortCommand;
import org.tidemark.cli.call.UnreadRepositories;
import org.tidemark.cli.output.Output;
import org.tidemark.cli.output.TextTable;
import org.tidemark.cli.output.TextTable.Column;
import org.tidemark.core.Amounts;
import org.tidemark.core.CopyableCommand;
import org.tidemark.core.ExitCode;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.Session;
import org.tidemark.view.Json;
import org.tidemark.watch.keys.KeyRehearsal;
import org.tidemark.watch.keys.KeyRehearsal.Challenge;
import org.tidemark.watch.keys.KeyRehearsal.RehearsedKey;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

@Command(
        name = "keys",
        description = {
            "Shows the encryption keys, and proves that private keys still exist.",
            "Without arguments: to which public keys the repositories of the cluster are encrypted, and when each"
                    + " private key was last proven.",
            "'keys challenge DIRECTORY' creates a small encrypted file for each key. Take it to the place where the"
                    + " private key is kept, and decrypt it there: age --decrypt -i KEYFILE FILE. The text in it is the"
                    + " line with 'keys prove' to run here. So the private key stays where it is, and you know that it"
                    + " is still there. 'check' warns if no key has been proven for longer than unproven-for.",
        })
@Help(
        group = Help.Group.BACKUPS,
        synopsis = "keys [challenge DIRECTORY | prove ANSWER]",
        examples = {"tidemark keys", "tidemark keys challenge /media/usb", "tidemark keys prove k7vd-29qm-xbzc-ha4t"},
        uses = Help.Uses.REPOSITORY,
        statuses = {ExitCode.DONE, ExitCode.USAGE, ExitCode.STORE_FULL, ExitCode.NO_BACKUP, ExitCode.LOCAL_FILES})
public final class KeysCommand implements Callable<ExitCode>, ShortCommand {
    private final CommandContext context;

    @Mixin
    private final GlobalOptions global = new GlobalOptions();

    @Parameters(
            paramLabel = "challenge DIRECTORY | prove ANSWER",
            arity = "0..*",
            description = "create the files in this directory; or give the answer that was in one of them")
    private List<String> words = new ArrayList<>();

    /** The document in JSON. */
    record View(List<KeyView> keys) {
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

        static View of(List<RehearsedKey> keys) {
            return new View(Json.list(keys, key -> KeyView.of(key, Optional.empty())));
        }

        static View ofChallenges(List<Challenge> challenges) {
            return new View(Json.list(challenges, each -> KeyView.of(each.key(), Optional.of(each.file()))));
        }
    }

    public KeysCommand(CommandContext context) {
        this.context = context;
    }

    @Override
    public ExitCode call() {
        Output output = global.output(context);
        boolean two = words.size() == 2;
        boolean challenge = two && words.getFirst().equals("challenge");
        if (!words.isEmpty() && !challenge && !(two && words.getFirst().equals("prove"))) {
            throw new UserFacingException(
                    ExitCode.USAGE,
                    "expected: keys, keys challenge DIRECTORY, or keys prove ANSWER",
                    "See which keys there are with: tidemark keys");
        }
        try (Session session = global.session(context)) {
            KeyRehearsal rehearsal = KeyRehearsal.of(session);
            UnreadRepositories.warn(output, rehearsal.repositories());
            if (words.isEmpty()) {
                list(output, rehearsal.keys());
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

    private static void list(Output output, List<RehearsedKey> keys) {
        if (output.isJson()) {
            output.json(View.of(keys));
        } else if (keys.isEmpty()) {
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
