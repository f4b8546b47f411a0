// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.keys;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import org.tidemark.catalog.ClusterArchive;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.age.AgeArmor;
import org.tidemark.catalog.age.AgeRecipient;
import org.tidemark.catalog.backup.Mark;
import org.tidemark.catalog.backup.Mark.BackupMarks;
import org.tidemark.catalog.backup.Mark.Challenged;
import org.tidemark.catalog.backup.Mark.Proven;
import org.tidemark.core.DurableFile;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.session.RepositoryReadings;
import org.tidemark.session.Session;

/**
 * Whether the private keys of a cluster's encrypted repositories can still be read, where they are kept. This host
 * gives an answer, encrypted to one public key. Who decrypts it has the private key, and says so by the answer. The
 * repository remembers its digest, so that each host can be told the answer. Not thread-safe.
 */
public final class KeyRehearsal {
    /** Without those that are easily mistaken for others; 16 of them are 80 bits. */
    private static final String LETTERS = "abcdefghijkmnpqrstuvwxyz23456789";

    private static final int ANSWER_LETTERS = 16;
    private static final int GROUP = 4;
    private static final DateTimeFormatter SECOND = DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT);

    /**
     * A public key of one or more repositories.
     *
     * @param repositories their names; only those that could be read
     * @param proven when its private key was last known to exist
     */
    public record RehearsedKey(AgeRecipient recipient, List<String> repositories, Optional<Instant> proven) {
        public RehearsedKey {
            repositories = List.copyOf(repositories);
        }

        public String fingerprint() {
            return recipient.fingerprint();
        }
    }

    /** A file to carry to where the private key is kept. */
    public record Challenge(RehearsedKey key, Path file) {}

    /** One incarnation of the cluster in one repository, with its marks. */
    private record Place(String repository, List<AgeRecipient> recipients, ClusterArchive archive, BackupMarks marks) {}

    private final List<Place> places;
    private final RepositoryReadings repositories;
    private final Map<String, UserFacingException> failures = new LinkedHashMap<>();

    private KeyRehearsal(List<Place> places, RepositoryReadings repositories) {
        this.places = places;
        this.repositories = repositories;
    }

    /** Reads the marks in each repository of the session. */
    public static KeyRehearsal of(Session session) {
        List<Place> places = new ArrayList<>();
        RepositoryReadings repositories = RepositoryReadings.of(session, settings -> {
            List<AgeRecipient> recipients = settings.keys().encryptTo().stream()
                    .map(AgeRecipient::parse)
                    .distinct()
                    .toList();
            for (ClusterArchive archive : recipients.isEmpty()
                    ? List.<ClusterArchive>of()
                    : session.incarnations(session.repository(settings))) {
                places.add(new Place(
                        settings.name(), recipients, archive, archive.backups().walMarks()));
            }
        });
        return new KeyRehearsal(places, repositories);
    }

    /** Which repositories could be read. */
    public RepositoryReadings repositories() {
        return repositories;
    }

    /** Why a mark could not be stored, by the name of the repository. */
    public Map<String, UserFacingException> failures() {
        return failures;
    }

    /** The public keys, in the order in which they are configured. */
    public List<RehearsedKey> keys() {
        return places.stream()
                .flatMap(place -> place.recipients().stream())
                .distinct()
                .map(this::key)
                .toList();
    }

    private RehearsedKey key(AgeRecipient recipient) {
        return new RehearsedKey(
                recipient,
                places.stream()
                        .filter(place -> place.recipients().contains(recipient))
                        .map(Place::repository)
                        .distinct()
                        .toList(),
                places.stream()
                        .flatMap(place ->
                                Optional.ofNullable(place.marks().proven().get(recipient.fingerprint())).stream())
                        .max(Instant::compareTo));
    }

    /**
     * Creates a file for each key: its plain text is the command that gives the answer.
     *
     * @param directory is created if it does not exist
     * @param command makes the command line of an answer
     * @throws UserFacingException if no repository could store what it must remember, or a file cannot be created
     */
    public List<Challenge> challenge(Path directory, UnaryOperator<String> command, Instant now) {
        SecureRandom random = new SecureRandom();
        List<Challenge> challenges = new ArrayList<>();
        for (RehearsedKey key : keys()) {
            String answer = answer(random);
            Mark mark = new Challenged(now, key.fingerprint(), digest(answer));
            if (set(mark, place -> place.recipients().contains(key.recipient())).isEmpty()) {
                throw failures.values().iterator().next();
            }
            Path file = directory.resolve(
                    "key-" + key.fingerprint() + "-" + SECOND.format(now.atOffset(ZoneOffset.UTC)) + ".age");
            String text = "This proves that the private key " + key.fingerprint() + " can be read. Run where "
                    + "'tidemark keys challenge' was run:\n" + command.apply(answer) + "\n";
            try {
                Files.createDirectories(directory);
                DurableFile.create(
                        file,
                        AgeArmor.encrypt(text, key.recipient(), random).getBytes(StandardCharsets.US_ASCII),
                        DurableFile.mode(0644));
            } catch (IOException e) {
                throw new UserFacingException(
                        ExitCode.LOCAL_FILES,
                        "the file '" + file + "' cannot be created: " + e.getMessage(),
                        "Name a directory that this user can write to.",
                        e);
            }
            challenges.add(new Challenge(key, file));
        }
        return challenges;
    }

    /**
     * Takes an answer. The private key counts as proven since the challenge: when it was decrypted, nobody knows.
     *
     * @return the key, with the repositories that know it now
     * @throws UserFacingException if no challenge has this answer
     */
    public RehearsedKey prove(String answer) {
        Sha256 digest = digest(answer);
        Challenged challenged = places.stream()
                .flatMap(place -> place.marks().challenged().stream())
                .filter(each -> each.answer().equals(digest))
                .findFirst()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "no challenge in the repositories has this answer",
                        "Type the answer as 'age --decrypt' prints it. For a new challenge: tidemark keys challenge"
                                + " DIRECTORY"));
        RehearsedKey key = keys().stream()
                .filter(each -> each.fingerprint().equals(challenged.recipient()))
                .findFirst()
                .orElseThrow(() -> new UserFacingException(
                        ExitCode.USAGE,
                        "the answer is of the key " + challenged.recipient() + ", and encrypt-to no longer names it",
                        "Objects of that time need it nevertheless: do not throw it away."));
        List<String> set = set(
                new Proven(challenged.at(), key.fingerprint()),
                place -> place.recipients().contains(key.recipient())
                        && !challenged.at().equals(place.marks().proven().get(key.fingerprint())));
        if (set.isEmpty() && !failures.isEmpty()) {
            throw failures.values().iterator().next();
        }
        return new RehearsedKey(key.recipient(), key.repositories(), Optional.of(challenged.at()));
    }

    /** The names of the repositories that have it now. */
    private List<String> set(Mark mark, Predicate<Place> wanted) {
        List<String> set = new ArrayList<>();
        for (Place place : places) {
            if (wanted.test(place)) {
                try {
                    place.archive().backups().markWal(mark);
                    set.add(place.repository());
                } catch (IOException | UserFacingException e) {
                    failures.put(place.repository(), StorageErrors.explainUnlessInterrupted(e));
                }
            }
        }
        return set;
    }

    private static String answer(SecureRandom random) {
        StringBuilder answer = new StringBuilder();
        for (int i = 0; i < ANSWER_LETTERS; i++) {
            answer.append(i > 0 && i % GROUP == 0 ? "-" : "").append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return answer.toString();
    }

    /** Of the letters alone. */
    private static Sha256 digest(String answer) {
        return Sha256.of(
                answer.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9]", "").getBytes(StandardCharsets.US_ASCII));
    }
}
