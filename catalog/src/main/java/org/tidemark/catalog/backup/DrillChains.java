// SPDX-License-Identifier: Apache-2.0
package org.tidemark.catalog.backup;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tidemark.catalog.Listing;
import org.tidemark.catalog.backup.DrillEvidence.Previous;
import org.tidemark.catalog.format.ChecksummedJson;
import org.tidemark.catalog.format.DamagedObjectException;
import org.tidemark.catalog.layout.DrillKeys;
import org.tidemark.catalog.layout.IncarnationKeys;
import org.tidemark.catalog.layout.ObjectName;
import org.tidemark.core.ExitCode;
import org.tidemark.core.Sha256;
import org.tidemark.core.UserFacingException;
import org.tidemark.store.ObjectInfo;
import org.tidemark.store.ObjectKey;
import org.tidemark.store.ObjectSource;
import org.tidemark.store.ObjectStore;
import org.tidemark.store.StorageException.ObjectExists;
import org.tidemark.store.StorageException.ObjectMissing;
import org.tidemark.store.StoreTraits.ExclusiveCreate;

/** The evidence of drills that one repository holds of an incarnation. Thread-safe. */
public final class DrillChains {
    /** So many hosts of one id store evidence at the same time. */
    private static final int MOST_TRIES = 100;

    /** Of a chain, so many documents are asked for that a listing leaves out. */
    private static final int MOST_UNLISTED = 20;

    private final ObjectStore store;
    private final IncarnationKeys incarnation;
    private final Optional<DocumentCache> cache;
    private final Optional<SigningKey> signer;

    /** Reads each document from the store: what was changed there is found. */
    public DrillChains(ObjectStore store, IncarnationKeys incarnation) {
        this(store, incarnation, Optional.empty(), Optional.empty());
    }

    private DrillChains(
            ObjectStore store,
            IncarnationKeys incarnation,
            Optional<DocumentCache> cache,
            Optional<SigningKey> signer) {
        this.store = store;
        this.incarnation = incarnation;
        this.cache = cache;
        this.signer = signer;
    }

    /** The same, which reads only new documents from the store, and the others from a file of this host. */
    public DrillChains cachedIn(Path file) {
        return new DrillChains(store, incarnation, Optional.of(new DocumentCache(file)), signer);
    }

    /** The same, which signs what it stores, if there is a key. */
    public DrillChains signedWith(Optional<SigningKey> key) {
        return new DrillChains(store, incarnation, cache, key);
    }

    /** What is listed of each chain, in the order of the numbers. */
    public Map<DrillKeys, List<ObjectInfo>> listed() throws IOException {
        Map<DrillKeys, List<ObjectInfo>> chains = new LinkedHashMap<>();
        Listing.visit(store, incarnation.drills(), object -> {
            if (ObjectName.parse(incarnation, object.key()) instanceof ObjectName.DrillEvidence name) {
                chains.computeIfAbsent(name.chain(), any -> new ArrayList<>()).add(object);
            }
        });
        return chains;
    }

    /** Reads every chain. A document that is damaged is part of the result. */
    public List<DrillChain> read() throws IOException {
        Map<DrillKeys, List<ObjectInfo>> listed = listed();
        List<ObjectInfo> all = listed.values().stream().flatMap(List::stream).toList();
        ListedDocuments documents = new ListedDocuments(
                cache,
                all.stream().sorted(Comparator.comparing(ObjectInfo::stored)).toList());
        List<Optional<DrillChain.Link>> links =
                all.isEmpty() ? List.of() : DocumentReads.inOrder(all, object -> link(object.key(), documents));
        documents.save();
        List<DrillChain> chains = new ArrayList<>();
        int at = 0;
        for (Map.Entry<DrillKeys, List<ObjectInfo>> each : listed.entrySet()) {
            int end = at + each.getValue().size();
            // An expiry removes in this order: what was before one that has just gone is about to go. It never removes
            // the newest.
            int gone = links.subList(at, end - 1).lastIndexOf(Optional.empty());
            List<DrillChain.Link> there = new ArrayList<>();
            links.subList(at + gone + 1, end - 1).stream()
                    .flatMap(Optional::stream)
                    .forEach(there::add);
            ObjectKey newest = all.get(end - 1).key();
            there.add(links.get(end - 1)
                    .orElseGet(() -> new DrillChain.Link.Damaged(number(newest), "it is listed, and not there")));
            chains.add(new DrillChain(each.getKey(), withUnlisted(each.getKey(), there, documents)));
            at = end;
        }
        return chains;
    }

    /** A store may list an object later than the ones that were stored after it. */
    private List<DrillChain.Link> withUnlisted(DrillKeys chain, List<DrillChain.Link> listed, ListedDocuments documents)
            throws IOException {
        List<DrillChain.Link> all = new ArrayList<>();
        int asked = 0;
        for (DrillChain.Link link : listed) {
            for (int number = all.isEmpty() ? link.number() : all.getLast().number() + 1;
                    number < link.number() && asked < MOST_UNLISTED;
                    number++) {
                asked++;
                link(chain.evidence(number), documents).ifPresent(all::add);
            }
            all.add(link);
        }
        return all;
    }

    private int number(ObjectKey key) {
        return ((ObjectName.DrillEvidence) ObjectName.parse(incarnation, key)).number();
    }

    private Optional<DrillChain.Link> link(ObjectKey key, ListedDocuments documents) throws IOException {
        int number = number(key);
        try {
            return Optional.of(documents.read(
                    key,
                    () -> ChecksummedJson.fetch(store, key, DrillEvidence.MAX_BYTES),
                    (document, isIntact) -> new DrillChain.Link.Intact(
                            number,
                            Sha256.of(document),
                            DrillEvidence.decode(document, key, incarnation),
                            EvidenceSignature.of(document))));
        } catch (DamagedObjectException e) {
            return Optional.of(new DrillChain.Link.Damaged(number, e.problem()));
        } catch (UserFacingException e) {
            return Optional.of(
                    new DrillChain.Link.Damaged(number, String.valueOf(e.getMessage()))); // of a later format
        } catch (ObjectMissing e) {
            return Optional.empty();
        }
    }

    /**
     * Stores evidence as the next document of a chain. Where another drill takes the number, the next one is taken.
     *
     * @return its number
     * @throws UserFacingException if too many drills store theirs at the same time
     */
    public int append(DrillKeys chain, DrillEvidence evidence) throws IOException {
        List<ObjectInfo> listed = new ArrayList<>();
        Listing.visit(store, chain.prefix(), listed::add);
        int number = 1;
        Optional<Previous> previous = Optional.empty();
        for (ObjectInfo object : listed.reversed()) {
            if (ObjectName.parse(incarnation, object.key()) instanceof ObjectName.DrillEvidence last) {
                number = last.number() + 1;
                previous = Optional.of(Previous.of(fetch(object.key()), object.key()));
                break;
            }
        }
        for (int tries = 1; tries <= MOST_TRIES; tries++) {
            ObjectKey key = chain.evidence(number);
            byte[] unsigned = evidence.after(previous).encode();
            byte[] document = signer.map(each -> EvidenceSignature.sign(unsigned, key, each))
                    .orElse(unsigned);
            try {
                store.putIfAbsent(key, ObjectSource.of(document));
                if (store.traits().exclusiveCreate() != ExclusiveCreate.CHECKED) {
                    return number;
                }
                // Another drill may have been told "stored" as well; reading back finds out who was last.
            } catch (ObjectExists e) {
                // A request that was repeated finds its own object.
            }
            byte[] there = fetch(key);
            if (Arrays.equals(there, document)) {
                return number;
            }
            previous = Optional.of(Previous.of(there, key));
            number++;
        }
        throw new UserFacingException(
                ExitCode.STORE_UNAVAILABLE,
                "other drills have taken the number of this drill's evidence " + MOST_TRIES + " times",
                "Hold fewer drills at the same time.");
    }

    private byte[] fetch(ObjectKey key) throws IOException {
        return ChecksummedJson.fetch(store, key, DrillEvidence.MAX_BYTES);
    }

    /**
     * The evidence that was stored before {@code time}, by the clock of the store: of each chain from its beginning on,
     * and never its newest.
     */
    public List<ObjectInfo> storedBefore(Instant time) throws IOException {
        return listed().values().stream()
                .flatMap(chain -> chain.subList(0, chain.size() - 1).stream()
                        .takeWhile(each -> each.stored().isBefore(time)))
                .toList();
    }
}
