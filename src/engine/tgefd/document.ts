/**
 * What the engine reads of the ancestor's configuration document, validated and with its defaults filled in; names and
 * meanings are those of the document. The table itself is passed beside it.
 */
export interface TgefdDocument {
  run: { mode: "discover" | "evaluate" | "validate"; seed: number };
  hypothesis_space: {
    features: readonly { expression: string; parameters?: readonly string[] | null | undefined }[];
    parameters: Readonly<Record<string, { values: readonly number[] }>>;
    regularization: { lambda: readonly number[] };
    adaptive?: TgefdAdaptive | null | undefined;
  };
  topology: {
    persistent_homology: { max_dim: number };
    persistence_image: TgefdImage;
    stability_threshold: number;
    /** Half the stability threshold if absent. */
    h1_threshold?: number | null | undefined;
    min_component_size: number;
    point_scale: "none" | "standard";
  };
  noise?: { enabled: boolean; levels: readonly number[]; trials_per_level: number } | null | undefined;
  evaluation: {
    acceptance: { min_stable_components: number; require_h1: boolean; coeff_tol: number };
    stability_score: { tolerance: number; min_pi_energy: number };
  };
  compute_budget?: Partial<TgefdBudget> | null | undefined;
}

export interface TgefdAdaptive {
  enabled: boolean;
  refine_factor: number;
  top_k: number;
  min_component_size: number;
  /** The stability threshold if absent. */
  h0_threshold?: number | null | undefined;
}

export interface TgefdImage {
  birth_range: readonly number[];
  pers_range: readonly number[];
  pixel_size: number;
  weight: { params: { n?: number | undefined } };
  kernel: {
    type: "gaussian" | "uniform";
    params: {
      /** Covariance (2 × 2), or one variance for both axes. */
      sigma?: number | readonly (readonly number[])[] | undefined;
      width?: number | undefined;
      height?: number | undefined;
    };
  };
}

export interface TgefdBudget {
  max_hypotheses: number;
  max_noise_trials: number;
  max_total_runs: number;
  max_model_evals: number;
  max_point_cloud_points: number;
}

export interface TgefdTable {
  /** One array for each column. */
  x: readonly Float64Array[];
  y: Float64Array;
}
