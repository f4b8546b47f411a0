// SPDX-License-Identifier: Apache-2.0
/**
 * A server that speaks the JSON API of Google Cloud Storage over HTTP, written from Google's reference, on the HTTP
 * server of the JDK. It is not Google's, and nothing that passes against it has been run against Google.
 *
 * <p><b>Implemented</b> is what the store of this project sends, and the answers that its tests ask for. It is atomic
 * under concurrent writers:
 *
 * <ul>
 *   <li>objects: insert (multipart, resumable; with ifGenerationMatch=0, or in place of another), get of metadata and
 *       of data (one range), list (prefix, startOffset, maxResults, pageToken, versions), delete; generations;
 *       {@code fields} on all of them
 *   <li>resumable sessions: 308 with Range, {@code bytes *}{@code /N} and {@code bytes *}{@code /*}, resent bytes, what
 *       is not a multiple of 256 KiB is not kept, 503 for an offset ahead of what is there, 404 for an unknown session,
 *       410 for one that is over; the condition is looked at when the object is made
 *   <li>crc32c, as a property and in x-goog-hash, compared with what came: 400
 *   <li>customer-supplied encryption keys (over HTTP, which Google refuses), kmsKeyName and storageClass (kept and
 *       told, without any effect), Object Retention Lock in the mode Locked when an object is made
 *   <li>whether a bucket keeps versions; testIamPermissions, one permission at a time; buckets are made by the test
 *   <li>batches of up to 100 deletions
 *   <li>bearer tokens with the permissions of predefined roles: 401 and 403
 * </ul>
 *
 * <p><b>Not implemented</b>, and answered with 400: every other path, parameter, property of an object and x-goog-
 * header. Reasons that are not in Google's reference: {@code notImplemented}. There are no quotas (429), redirects or
 * delays.
 *
 * <p><b>Where the reference says nothing</b>, this was chosen: a session whose object was refused is over; generations
 * are microseconds and grow within a bucket.
 */
package org.tidemark.testkit.gcs;
