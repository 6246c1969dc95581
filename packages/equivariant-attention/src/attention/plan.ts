/** What attention over a group knows before it sees a tensor: who looks where, and which encodings it reads. */

/** V outputs, G query elements, M key elements, O offsets. */
export interface AttentionPlan {
  /** V: elements (or angles) of the output. */
  readonly outputs: number;
  /** G: elements of the queries. */
  readonly queries: number;
  /** M: elements of the keys. */
  readonly keys: number;
  /** [O, 2]: (row, column) of a key less that of its query, in pixels; one of them is (0, 0). */
  readonly offsets: Int32Array;
  /** [V, O]: row of the table of row encodings. */
  readonly rowIndex: Int32Array;
  /** [V, O]: row of the table of column encodings. */
  readonly columnIndex: Int32Array;
  /** [V, G, M]: row of the table of group encodings; none where there are none. */
  readonly groupIndex?: Int32Array | undefined;
  /** [O]: added to scores; none for none. */
  readonly window?: Float32Array | undefined;
}
