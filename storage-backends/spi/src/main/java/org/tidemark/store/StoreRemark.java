// SPDX-License-Identifier: Apache-2.0
package org.tidemark.store;

/**
 * An observation about a store's server that an operator should know. Immutable.
 *
 * @param subject the topic, in one word
 * @param message the observation
 * @param hint its consequence, and what the operator can do
 */
public record StoreRemark(String subject, String message, String hint) {}
