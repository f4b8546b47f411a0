// SPDX-License-Identifier: Apache-2.0
package org.tidemark.watch.check;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.tidemark.catalog.Repository.WritePolicy;
import org.tidemark.catalog.StorageErrors;
import org.tidemark.catalog.backup.BaseBackup;
import org.tidemark.catalog.format.ContainerKind;
import org.tidemark.catalog.format.EncodedObject;
import org.tidemark.catalog.format.ObjectDecoder;
import org.tidemark.catalog.format.ObjectEncoder;
import org.tidemark.catalog.format.Recipients;
import org.tidemark.catalog.wal.WalInventory.WalRun;
import org.tidemark.core.Amounts;
import org.tidemark.core.Finding;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.core.WalFile;
import org.tidemark.session.reading.IncarnationReading;
import org.tidemark.store.MemoryStore;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;

/**
 * Whether what is stored now can be encrypted, and can be read: with the private keys of this host, or, if it has none,
 * with one that somebody has proven to exist ({@link org.tidemark.watch.keys.KeyRehearsal}).
 */
final class EncryptionCheck implements Check<CheckedRepository> {
    private static final byte[] SAMPLE = "is this readable?".getBytes(StandardCharsets.US_ASCII);
    private static final ObjectKey KEY = new ObjectKey("sample");

    @Override
    public Subject subject() {
        return Subject.ENCRYPTION;
    }

    @Override
    public List<Finding> look(CheckedRepository at) {
        List<Finding> findings = new ArrayList<>(roundTrip(at));
        if (at.request().decrypt()) {
            at.held().ifPresent(held -> findings.add(stored(at, held)));
        }
        return at.findings(findings.toArray(Finding[]::new));
    }

    private List<Finding> roundTrip(CheckedRepository at) {
        if (at.settings().keys().encryptTo().isEmpty()) {
            return at.repository().accepts() == WritePolicy.ENCRYPTED_ONLY
                    ? List.of(subject()
                            .critical(
                                    "'" + at.name()
                                            + "' accepts only encrypted objects, and no public key is configured",
                                    "Name the public keys with encrypt-to, in the configuration of the repository."))
                    : List.of();
        }
        boolean hasKeys = at.repository().privateKeys().areConfigured();
        try {
            SystemIdentifier system =
                    at.held().map(held -> held.identity().system()).orElseGet(() -> new SystemIdentifier(1));
            MemoryStore memory = new MemoryStore(at.clock());
            try (EncodedObject encoded = ObjectEncoder.encode(
                    ContainerKind.WAL,
                    "check",
                    system,
                    at.settings().encoding(),
                    ObjectSource.of(SAMPLE),
                    Path.of("/nonexistent"))) {
                memory.putIfAbsent(KEY, encoded.source());
            }
            if (hasKeys) {
                try (InputStream in = ObjectDecoder.open(
                        memory, at.repository().privateKeys(), KEY, ContainerKind.WAL, "check", system)) {
                    if (!Arrays.equals(in.readAllBytes(), SAMPLE)) {
                        throw new IllegalStateException("what was encrypted came back changed");
                    }
                }
            }
        } catch (IOException | UserFacingException e) {
            UserFacingException why = StorageErrors.explain(e);
            return List.of(
                    subject()
                            .critical(
                                    "objects that this host encrypts for '" + at.name()
                                            + "' could not be read with the private keys of this host: "
                                            + why.getMessage(),
                                    "Add the private key of one of the encrypt-to keys to decrypt-with. See both with: tidemark config"));
        }
        String encrypted = "objects for '" + at.name() + "' are encrypted";
        return List.of(
                hasKeys
                        ? subject().ok(encrypted + ", and the private keys of this host read them")
                        : privateKey(at, encrypted + "; this host has no private key"));
    }

    /** Whether a private key is known to exist somewhere else: without one, nothing of this can be restored. */
    private Finding privateKey(CheckedRepository at, String encrypted) {
        Duration limit = at.cluster().check().unprovenFor();
        if (at.held().isEmpty() || at.held().get().unreadMarks().isPresent()) {
            return subject().ok(encrypted);
        }
        IncarnationReading held = at.held().get();
        Map<String, Instant> proven = held.marks().proven();
        Optional<Instant> last = Recipients.parse(at.settings().keys().encryptTo()).encryption().recipients().stream()
                .flatMap(fingerprint -> Stream.ofNullable(proven.get(fingerprint)))
                .max(Comparator.naturalOrder());
        String since = last.map(time -> "one was last proven to exist at " + Amounts.minute(time) + " UTC")
                .orElse("none has been proven to exist");
        boolean isLate = last.or(() -> registered(at, held))
                .filter(time -> time.isBefore(at.clock().instant().minus(limit)))
                .isPresent();
        return isLate
                ? subject()
                        .warning(
                                "nobody has shown for " + Amounts.duration(limit) + " that a private key of '"
                                        + at.name() + "' can still be read: " + since,
                                "Without a private key nothing can be restored. Create a small file, and decrypt it"
                                        + " where the key is kept: tidemark keys challenge DIRECTORY")
                : subject().ok(encrypted + "; " + since);
    }

    /** When the incarnation was registered, by the store's clock. */
    private static Optional<Instant> registered(CheckedRepository at, IncarnationReading held) {
        try {
            return at.repository()
                    .store()
                    .stat(held.identity().keys().identity())
                    .map(ObjectInfo::stored);
        } catch (IOException | UserFacingException e) {
            return Optional.empty(); // another finding says that the store does not answer
        }
    }

    /** Reads the newest segment and a part of the newest backup. */
    private Finding stored(CheckedRepository at, IncarnationReading held) {
        try {
            Optional<WalFile.Segment> segment = held.newestWal().map(WalRun::last);
            if (segment.isPresent()) {
                try (InputStream in = held.archive().wal().open(segment.get()).orElseThrow()) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            }
            Optional<BaseBackup> backup = held.backups().stream().max(Comparator.comparing(BaseBackup::id));
            if (backup.isPresent()) {
                try (InputStream in = held.archive().backups().postgresManifest(backup.get())) {
                    in.transferTo(OutputStream.nullOutputStream());
                }
            }
            return subject()
                    .ok("the newest segment and the manifest of the newest backup in '" + at.name() + "' can be read");
        } catch (IOException | UserFacingException e) {
            UserFacingException why = StorageErrors.explain(e);
            return subject()
                    .critical(
                            "the newest WAL or backup in '" + at.name() + "' cannot be read: " + why.getMessage(),
                            why.hint());
        }
    }
}
