// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.verify;

import java.io.IOException;
import java.time.Clock;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tidemark.catalog.PrivateKeys;
import org.tidemark.catalog.SealedJson;
import org.tidemark.catalog.backup.BackupId;
import org.tidemark.catalog.backup.Listing;
import org.tidemark.catalog.verify.VerifyOptions.Extent;
import org.tidemark.core.ClusterName;
import org.tidemark.core.SystemIdentifier;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectStore;

/**
 * Verifies what a store holds. Damage and what is missing become findings; only a store that does not answer, and an
 * interrupt, end it with an exception. Sets a mark on each backup that was read whole and found sound. Thread-safe.
 */
public final class Verifier {
    private static final ObjectKey IDENTITY = new ObjectKey("tidemark.json");
    private static final Pattern INCARNATION = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,62})/([0-9]{1,20})/.+");

    private final ObjectStore store;
    private final PrivateKeys privateKeys;
    private final VerifyOptions options;
    private final Clock clock;
    private final VerifyListener listener;

    /**
     * A verifier.
     *
     * @param privateKeys where there are none, only the stored bytes of what is encrypted are compared
     * @param clock gives the time of marks
     */
    public Verifier(
            ObjectStore store, PrivateKeys privateKeys, VerifyOptions options, Clock clock, VerifyListener listener) {
        this.store = store;
        this.privateKeys = privateKeys;
        this.options = options;
        this.clock = clock;
        this.listener = listener;
    }

    /** Verifies every incarnation of every cluster, and the repository's own identity; needs nothing to be readable. */
    public VerifyReport verifyRepository() throws IOException {
        Findings findings = new Findings();
        List<BackupId> sound = new ArrayList<>();
        try (CheckPool pool = new CheckPool(options.jobs(), findings, listener)) {
            verifyIdentity(pool);
            for (Incarnation incarnation : incarnations(findings)) {
                sound.addAll(run(incarnation, Optional.empty(), findings, pool));
            }
        }
        return findings.report(sound);
    }

    /**
     * Verifies one incarnation.
     *
     * @param id one backup alone, its WAL, and nothing else
     * @throws UserFacingException {@link org.tidemark.core.ExitCode#NO_BACKUP} if nothing is there under {@code id}
     */
    public VerifyReport verify(ClusterName cluster, SystemIdentifier system, Optional<BackupId> id) throws IOException {
        Findings findings = new Findings();
        try (CheckPool pool = new CheckPool(options.jobs(), findings, listener)) {
            if (id.isEmpty() && options.extent() == Extent.EVERYTHING) {
                verifyIdentity(pool);
            }
            return findings.report(run(new Incarnation(cluster, system), id, findings, pool));
        }
    }

    private List<BackupId> run(Incarnation incarnation, Optional<BackupId> id, Findings findings, CheckPool pool)
            throws IOException {
        return new IncarnationVerification(
                        store, privateKeys, incarnation.cluster(), incarnation.system(), options, clock, findings, pool)
                .run(id);
    }

    private void verifyIdentity(CheckPool pool) throws IOException {
        pool.run(IDENTITY, 0, List.of(), () -> {
            SealedJson.read(SealedJson.fetch(store, IDENTITY, SealedJson.SMALL_BYTES), IDENTITY);
            return CheckPool.Compared.WHAT_WAS_ASKED;
        });
    }

    private record Incarnation(ClusterName cluster, SystemIdentifier system) {}

    private Set<Incarnation> incarnations(Findings findings) throws IOException {
        Set<Incarnation> incarnations = new LinkedHashSet<>();
        Listing.visit(store, "", object -> {
            Matcher matcher = INCARNATION.matcher(object.key().value());
            if (matcher.matches() && isSystemIdentifier(matcher.group(2))) {
                incarnations.add(
                        new Incarnation(new ClusterName(matcher.group(1)), SystemIdentifier.parse(matcher.group(2))));
            } else if (!object.key().equals(IDENTITY)) {
                findings.note(object.key(), Optional.empty(), "is no object of a repository, and was not looked at");
            }
        });
        return incarnations;
    }

    private static boolean isSystemIdentifier(String text) {
        try {
            return SystemIdentifier.parse(text).toString().equals(text);
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
